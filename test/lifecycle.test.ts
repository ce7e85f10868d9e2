import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, eventually, startTestEngine } from "./lib/engine.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.stop());

/** Starts a container that waits for its end, and returns its name. */
async function sleeper(name: string, ...options: string[]): Promise<string> {
  await engine.ok("run", "-d", "--name", name, ...options, "busybox", "sleep", "1000");
  const pid = await inspect(name, "{{.State.Pid}}");
  // Until its program runs, the first process of a container heeds signals that sleep does not.
  await eventually(
    "sleep to run",
    () => readFileSync(`/proc/${pid}/cmdline`, "utf8"),
    (command) => command.startsWith("sleep"),
    40,
  );
  return name;
}

const inspect = async (name: string, format: string) => engine.ok("inspect", "-f", format, name);

describe("lifecycle", () => {
  test("create, start, ps, stop, start, rm", async () => {
    const id = await engine.ok(
      "create",
      "--name",
      "cycle",
      "busybox",
      "sh",
      "-c",
      "trap 'exit 3' TERM; while :; do sleep 0.05; done",
    );
    expect(await inspect("cycle", "{{.State.Status}}")).toBe("created");
    expect(await engine.ok("start", "cycle")).toBe("cycle");
    expect(await engine.ok("ps", "-q", "--no-trunc", "--filter", "name=cycle")).toBe(id);
    await engine.ok("stop", "cycle");
    expect(await inspect("cycle", "{{.State.Status}} {{.State.ExitCode}}")).toBe("exited 3");
    await engine.ok("start", "cycle");
    expect(await inspect("cycle", "{{.State.Running}}")).toBe("true");
    expect((await engine.docker(["rm", "cycle"])).stderr).toContain(
      "container is running: stop the container before removing or force remove",
    );
    await engine.ok("rm", "-f", "cycle");
    expect((await engine.docker(["inspect", "cycle"])).stderr).toContain("No such object: cycle");
  });
  test("stop kills what does not listen, and kill sends the signal asked for", async () => {
    await sleeper("deaf");
    await engine.ok("stop", "-t", "0", "deaf");
    expect(await inspect("deaf", "{{.State.ExitCode}}")).toBe("137");
    await engine.ok("start", "deaf");
    await engine.ok("kill", "-s", "KILL", "deaf");
    expect(await engine.ok("wait", "deaf")).toBe("137");
    await engine.ok("rm", "deaf");
  });
  test("restart, rename, pause and unpause", async () => {
    await sleeper("before");
    const pid = await inspect("before", "{{.State.Pid}}");
    await engine.ok("restart", "-t", "0", "before");
    expect(await inspect("before", "{{.State.Pid}}")).not.toBe(pid);
    await engine.ok("rename", "before", "after");
    await engine.ok("pause", "after");
    expect(await inspect("after", "{{.State.Status}}")).toBe("paused");
    expect((await engine.docker(["exec", "after", "true"])).stderr).toContain(
      "is paused, unpause the container before exec",
    );
    await engine.ok("unpause", "after");
    await engine.ok("rm", "-f", "after");
  });
  test("wait tells the exit code of a container that ends later", async () => {
    await engine.ok("run", "-d", "--name", "later", "-i", "busybox", "sh", "-c", "sleep 0.2; exit 9");
    expect(await engine.ok("wait", "later")).toBe("9");
    await engine.ok("rm", "later");
  });
  test("restart policy starts a failing container again", async () => {
    await engine.ok("run", "-d", "--name", "again", "--restart", "on-failure:2", "busybox", "false");
    await eventually(
      "restarts",
      () => inspect("again", "{{.RestartCount}} {{.State.Status}}"),
      (seen) => seen === "2 exited",
    );
    await engine.ok("rm", "again");
  });
});

describe("exec", () => {
  test("runs commands with their own environment, user and directory", async () => {
    await sleeper("ex");
    expect(
      await engine.ok(
        "exec",
        "-e",
        "A=b",
        "-u",
        "1:1",
        "-w",
        "/tmp",
        "ex",
        "sh",
        "-c",
        "echo $A $(id -u) $PWD",
      ),
    ).toBe("b 1 /tmp");
    expect((await engine.docker(["exec", "ex", "sh", "-c", "exit 7"])).code).toBe(7);
    const missing = await engine.docker(["exec", "ex", "nonesuch"]);
    expect(missing.code).toBe(127);
    expect(`${missing.stdout}${missing.stderr}`.trim()).toBe(
      'OCI runtime exec failed: exec failed: unable to start container process: exec: "nonesuch": executable file not found in $PATH',
    );
    expect((await engine.docker(["exec", "-u", "nobody-here", "ex", "true"])).code).toBe(126);
    const piped = await engine.docker(["exec", "-i", "ex", "cat"], { stdin: "through\n" });
    expect(piped.stdout).toBe("through\n");
    expect((await engine.docker(["exec", "none", "true"])).stderr).toContain("No such container: none");
    await engine.ok("rm", "-f", "ex");
  });
});

describe("a start that fails", () => {
  test("tells its reason once, leaves the log empty, and ends no wait for the next exit", async () => {
    await engine.ok("create", "--name", "unstartable", "busybox", "nonesuch");
    const waiting = new AbortController();
    const next = fetch("http://docker/containers/unstartable/wait?condition=next-exit", {
      unix: engine.host.replace("unix://", ""),
      method: "POST",
      signal: waiting.signal,
    });
    const ended = (await next).text().then(
      () => "ended",
      () => "still waiting",
    );
    expect((await engine.docker(["start", "unstartable"])).code).toBe(1);
    expect(await engine.docker(["logs", "unstartable"])).toEqual({ code: 0, stdout: "", stderr: "" });
    waiting.abort();
    expect(await ended).toBe("still waiting");
    await engine.ok("rm", "unstartable");
  });
});

describe("logs", () => {
  test("show both streams, a tail, time stamps, and follow to the end", async () => {
    await engine.ok(
      "run",
      "--name",
      "talk",
      "busybox",
      "sh",
      "-c",
      "for i in 1 2 3 4 5; do echo line $i; done; echo oops >&2",
    );
    expect(await engine.docker(["logs", "talk"])).toMatchObject({
      stdout: "line 1\nline 2\nline 3\nline 4\nline 5\n",
      stderr: "oops\n",
    });
    expect(await engine.ok("logs", "--tail", "2", "talk")).toBe("line 5");
    expect(await engine.ok("logs", "-t", "--tail", "2", "talk")).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z line 5$/);
    expect(await engine.ok("logs", "--since", "1h", "talk")).toContain("line 1");
    expect(await engine.ok("logs", "--until", "2001-01-01", "talk")).toBe("");
    await engine.ok("rm", "talk");
    await engine.ok(
      "run",
      "-d",
      "--name",
      "slow",
      "busybox",
      "sh",
      "-c",
      "for i in 1 2 3; do echo $i; sleep 0.1; done",
    );
    expect(await engine.ok("logs", "-f", "slow")).toBe("1\n2\n3");
    await engine.ok("rm", "slow");
  });
  test("the driver none keeps nothing and says so", async () => {
    await engine.ok("run", "--name", "mute", "--log-driver", "none", "busybox", "echo", "hi");
    expect((await engine.docker(["logs", "mute"])).stderr).toContain(
      "configured logging driver does not support reading",
    );
    await engine.ok("rm", "mute");
  });
});

describe("looking inside", () => {
  test("top, stats, diff, events", async () => {
    const since = String(Math.floor(Date.now() / 1000) - 1);
    await sleeper("look");
    expect(await engine.ok("top", "look")).toContain("sleep 1000");
    await engine.ok("exec", "look", "sh", "-c", "echo x > /made; rm /etc/group");
    expect((await engine.ok("diff", "look")).split("\n").sort()).toEqual([
      "A /made",
      "C /etc",
      "D /etc/group",
    ]);
    const stats = await engine.ok("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", "look");
    expect(stats).toBe("look 1");
    await engine.ok("rm", "-f", "look");
    const until = String(Math.floor(Date.now() / 1000) + 1);
    const events = await engine.ok(
      "events",
      "--since",
      since,
      "--until",
      until,
      "--filter",
      "container=look",
      "--format",
      "{{.Action}}",
    );
    const seen = events.split("\n").filter((action) => !action.startsWith("exec_"));
    expect(seen).toEqual(["create", "start", "top", "kill", "die", "destroy"]);
  });
  test("cp both ways", async () => {
    await sleeper("copy");
    const folder = join(engine.folder, "cp");
    mkdirSync(folder);
    writeFileSync(join(folder, "in"), "inwards");
    await engine.ok("cp", join(folder, "in"), "copy:/tmp/in");
    expect(await engine.ok("exec", "copy", "cat", "/tmp/in")).toBe("inwards");
    await engine.ok("cp", "copy:/tmp/in", join(folder, "out"));
    expect(readFileSync(join(folder, "out"), "utf8")).toBe("inwards");
    expect((await engine.docker(["cp", "copy:/none", folder])).stderr).toContain(
      "Could not find the file /none in container copy",
    );
    await engine.ok("rm", "-f", "copy");
  });
});
