import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { resolve } from "node:path";

const INIT = resolve(import.meta.dir, "../../.build/docker-init");

/** Runs docker-init as process 1 of a PID namespace of its own. */
async function asFirst(args: string[], during?: (child: Bun.Subprocess<"ignore", "pipe">) => Promise<void>) {
  const child = Bun.spawn(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", INIT, ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  await during?.(child);
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, stdout, stderr };
}

describe("docker-init", () => {
  test("is built", () => {
    expect(existsSync(INIT)).toBe(true);
  });
  test("ends as its command ended", async () => {
    expect((await asFirst(["--", "sh", "-c", "exit 42"])).code).toBe(42);
    expect((await asFirst(["--", "sh", "-c", "kill -9 $$"])).code).toBe(137);
    expect((await asFirst(["-e", "42", "--", "sh", "-c", "exit 42"])).code).toBe(0);
  });
  test("tells a command that is missing from one that cannot run", async () => {
    const missing = await asFirst(["--", "/nonesuch"]);
    expect(missing.code).toBe(127);
    expect(missing.stderr).toContain("exec /nonesuch failed: No such file or directory");
    expect((await asFirst(["--", "/etc/passwd"])).code).toBe(126);
  });
  test("reaps orphans while the command runs", async () => {
    // The orphan's parent ends at once; a zombie would keep its entry in /proc with state Z.
    const script =
      "pid=$(sh -c 'sleep 0.01 >/dev/null & echo $!'); while [ -e /proc/$pid ]; do sleep 0.01; done; echo reaped";
    expect((await asFirst(["--", "sh", "-c", script])).stdout).toBe("reaped\n");
  });
  test("passes signals on to its command, or with -g to the command's group", async () => {
    const trap = "trap 'echo got it; exit 7' TERM; echo ready; while :; do sleep 0.01; done";
    for (const option of [[], ["-g"]]) {
      const child = Bun.spawn([INIT, "-s", ...option, "--", "sh", "-c", trap], {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "ignore",
      });
      const reader = child.stdout.getReader();
      expect(new TextDecoder().decode((await reader.read()).value)).toBe("ready\n");
      child.kill("SIGTERM");
      expect(await child.exited).toBe(7);
      expect(new TextDecoder().decode((await reader.read()).value)).toBe("got it\n");
    }
  });
  test("explains how to call it when nothing is to be run", async () => {
    const { code, stderr } = await asFirst([]);
    expect(code).toBe(1);
    expect(stderr).toContain("Usage: docker-init");
  });
});
