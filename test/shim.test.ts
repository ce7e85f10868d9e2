import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { eventually } from "./lib/engine.ts";
import { missing, type StockContainerd, startStockContainerd } from "./lib/stock-containerd.ts";

/** Several starts of runc on a busy machine. */
const LONG = 30_000;
const lacking = missing();
if (lacking !== "") console.error(`shim.test.ts: skipped, not installed: ${lacking}`);

let containerd: StockContainerd;

/** Runs a command in a new container in the foreground. */
const run = (id: string, command: string[], options: string[] = [], stdin?: Uint8Array) =>
  containerd.ctr(containerd.run(id, ["--rm", ...options], ...command), stdin);
/** Starts a container that goes on, and returns its id. */
async function detached(id: string, script: string): Promise<string> {
  // ctr waits for an end of its pipes, which a container that goes on keeps open: none for it.
  await containerd.ok(...containerd.run(id, ["-d", "--null-io"], "sh", "-c", script));
  return id;
}
async function remove(id: string): Promise<void> {
  await containerd.ctr(["tasks", "kill", "-s", "SIGKILL", id]);
  await eventually(
    `${id} stopped`,
    () => statusOf(id),
    (status) => !status.includes("RUNNING"),
  );
  await containerd.ctr(["tasks", "rm", id]);
  await containerd.ok("containers", "rm", id);
}
const statusOf = async (id: string) =>
  (await containerd.ok("tasks", "ls")).split("\n").find((line) => line.startsWith(`${id} `)) ?? "gone";
const alive = (pid: number) =>
  existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`).length > 0;

describe.skipIf(lacking !== "")("docker-containerd-shim under stock containerd with runc", () => {
  beforeAll(async () => {
    containerd = await startStockContainerd();
  });
  afterAll(() => containerd.stop());

  test("output, errors and the exit code come through", async () => {
    const result = await run("out", ["sh", "-c", "echo out; echo err >&2; exit 7"]);
    expect(result.stdout).toBe("out\n");
    expect(result.stderr).toContain("err\n");
    expect(result.code).toBe(7);
  });

  test(
    "binary stdin of 20 MB arrives whole and ends",
    async () => {
      const data = new Uint8Array(20_000_000).map((_, i) => (i * 7 + (i >> 8)) & 0xff);
      const result = await run("stdin", ["sha256sum"], [], data);
      expect(result.stdout.slice(0, 64)).toBe(new Bun.CryptoHasher("sha256").update(data).digest("hex"));
    },
    LONG,
  );

  test("a command that is not there is an error, and leaves nothing", async () => {
    const result = await run("nocmd", ["nope"]);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("OCI runtime create failed");
    expect(result.stderr).toContain('exec: "nope": executable file not found in $PATH');
    expect(await statusOf("nocmd")).toBe("gone");
  });

  test(
    "exec, its exit code, pause, resume, pids, metrics, update",
    async () => {
      const id = await detached("ops", "sleep 1000");
      const exec = await containerd.ctr([
        "tasks",
        "exec",
        "--exec-id",
        "e",
        id,
        "sh",
        "-c",
        "echo in; exit 3",
      ]);
      expect([exec.stdout, exec.code]).toEqual(["in\n", 3]);
      await containerd.ok("tasks", "pause", id);
      expect(await statusOf(id)).toContain("PAUSED");
      await containerd.ok("tasks", "resume", id);
      expect(await statusOf(id)).toContain("RUNNING");
      expect(await containerd.ok("tasks", "ps", id)).toMatch(/\n\d+/);
      expect(await containerd.ok("tasks", "metrics", id)).toContain("memory.usage_in_bytes");
      const missingExec = await containerd.ctr(["tasks", "exec", "--exec-id", "f", id, "nope"]);
      expect(missingExec.stderr).toContain("OCI runtime exec failed");
      await remove(id);
    },
    LONG,
  );

  test(
    "a terminal has the size it is given and passes a Ctrl-C on",
    async () => {
      const script = `
import pexpect, sys
c = pexpect.spawn(sys.argv[1], sys.argv[2:], timeout=15, dimensions=(33, 111), encoding="utf8")
def becomes(size): # which ctr tells after the start, and after each change
    for _ in range(200):
        c.expect("# "); c.sendline("stty size"); c.expect("(\\d+ \\d+)\\r")
        if c.match.group(1) == size: return
    sys.exit("the size is " + c.match.group(1) + ", not " + size)
becomes("33 111")
c.setwinsize(40, 90)
becomes("40 90")
c.expect("# "); c.sendline("sh -c \\"echo wait''ing; exec sleep 100\\""); c.expect("waiting"); c.sendintr()
c.expect("# "); c.sendline("exit 5"); c.expect(pexpect.EOF); c.close()
sys.exit(c.exitstatus)`;
      const socket = ["ctr", "-a", `${containerd.address}`];
      const child = Bun.spawn(
        ["python3", "-c", script, ...socket, ...containerd.run("tty", ["--rm", "-t"], "sh")],
        {
          stdout: "ignore",
          stderr: "pipe",
        },
      );
      const [error, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
      expect(error).toBe("");
      expect(code).toBe(5);
    },
    LONG,
  );

  test("the container gets its streams and no other descriptor", async () => {
    const id = await detached("fds", "sleep 1000");
    const [, pid = ""] = (await statusOf(id)).split(/\s+/);
    await eventually(
      "runc has made place for the program",
      () => readFileSync(`/proc/${pid}/cmdline`, "utf8"),
      (line) => line.startsWith("sleep\0"),
    );
    expect(readdirSync(`/proc/${pid}/fd`)).toEqual(["0", "1", "2"]);
    expect(readlinkSync(`/proc/${pid}/fd/0`)).toBe("/dev/null");
    await remove(id);
  });

  test(
    "kill -9 of containerd: the container goes on, is found again, and its exit code is kept",
    async () => {
      const stays = await detached("stays", "sleep 1000");
      const ends = await detached("ends", "sleep 1; exit 9");
      const shim = containerd.shimOf(ends);
      await containerd.kill();
      await eventually(
        "the container has ended",
        () => childrenOf(shim),
        (children) => children === "",
      );
      await containerd.start();
      expect(await statusOf(stays)).toContain("RUNNING");
      expect(await statusOf(ends)).toContain("STOPPED");
      expect((await containerd.ctr(["tasks", "rm", ends])).stderr).toContain("exit code 9");
      await containerd.ok("containers", "rm", ends);
      await remove(stays);
    },
    LONG,
  );

  test(
    "kill -9 of the shim: its container is killed and reported dead",
    async () => {
      const id = await detached("orphan", "sleep 1000");
      const [, pid = ""] = (await statusOf(id)).split(/\s+/);
      const events = Bun.spawn(["ctr", "-a", containerd.address, "events"], {
        stdout: "pipe",
        stderr: "ignore",
      });
      const seen: string[] = [];
      void events.stdout.pipeTo(
        new WritableStream({ write: (chunk) => void seen.push(new TextDecoder().decode(chunk)) }),
      );
      // The subscription is known to stand when an event of it has come.
      let n = 0;
      const label = async () => {
        await containerd.ok("namespaces", "label", "default", `seen=${n++}`);
        return seen.join("");
      };
      await eventually("subscribed", label, (text) => text.includes("/namespaces/update"));
      process.kill(containerd.shimOf(id), "SIGKILL");
      await eventually(
        "exit event",
        () => seen.join(""),
        (text) => /\/tasks\/exit.*"exit_status":137/.test(text),
      );
      expect(alive(Number(pid))).toBe(false);
      expect(await statusOf(id)).toBe("gone");
      events.kill();
      await containerd.ok("containers", "rm", id);
    },
    LONG,
  );
});

function childrenOf(pid: number): string {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
}
