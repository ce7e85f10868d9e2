import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type Engine, eventually, startTestEngine } from "./lib/engine.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.stop());

const inspect = async (name: string, format: string) => engine.ok("inspect", "-f", format, name);

/** The shim of a container: the process that its init is a child of. */
function shimOf(pid: string): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

const COUNT = "i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo line $i; sleep 0.05; done; exit 5";
const COUNTED = Array.from({ length: 60 }, (_, i) => `line ${i + 1}`).join("\n");

async function killed(...daemons: Bun.Subprocess[]): Promise<void> {
  for (const daemon of daemons) daemon.kill("SIGKILL");
  await Promise.all(daemons.map((daemon) => daemon.exited));
}

/** Waits until a process has ended. */
const gone = (pid: string) =>
  eventually(
    `the end of process ${pid}`,
    () => readdirSync("/proc"),
    (pids) => !pids.includes(pid),
  );

describe("kill -9", () => {
  test.each([
    ["dockerd", (e: Engine) => [e.chain.dockerd]],
    ["docker-containerd", (e: Engine) => [e.chain.containerd]],
    ["both daemons", (e: Engine) => [e.chain.dockerd, e.chain.containerd]],
  ])("of %s loses no log line and no exit code", async (name, daemons) => {
    const container = `count-${name.replaceAll(" ", "-")}`;
    await engine.ok("run", "-d", "--name", container, "busybox", "sh", "-c", COUNT);
    const pid = await inspect(container, "{{.State.Pid}}");
    await eventually(
      "first lines",
      () => engine.ok("logs", container),
      (text) => text.includes("line 5"),
    );
    const before = engine.chain;
    await killed(...daemons(engine));
    expect(readdirSync("/proc")).toContain(pid);
    await killed(before.dockerd, before.containerd);
    await engine.restart();
    expect(await inspect(container, "{{.State.Status}} {{.State.Pid}}")).toBe(`running ${pid}`);
    expect(await engine.ok("wait", container)).toBe("5");
    expect(await engine.ok("logs", container)).toBe(COUNTED);
    await engine.ok("rm", container);
  });

  test("of both daemons while a container ends: its exit code and all it said are there afterwards", async () => {
    await engine.ok(
      "run",
      "-d",
      "--name",
      "meanwhile",
      "busybox",
      "sh",
      "-c",
      "echo early; sleep 0.7; echo late; exit 6",
    );
    const pid = await inspect("meanwhile", "{{.State.Pid}}");
    await killed(engine.chain.dockerd, engine.chain.containerd);
    await gone(pid);
    await engine.restart();
    await eventually(
      "its state",
      () => inspect("meanwhile", "{{.State.Status}} {{.State.ExitCode}}"),
      (s) => s === "exited 6",
    );
    expect(await engine.ok("logs", "meanwhile")).toBe("early\nlate");
    await engine.ok("rm", "meanwhile");
  });

  test("of both daemons loses no event, of what was before and of what happens meanwhile", async () => {
    const script = ["sh", "-c", "while [ ! -e /go ]; do sleep 0.05; done; exit 7"];
    await engine.ok("run", "-d", "--name", "told", "busybox", ...script);
    const pid = await inspect("told", "{{.State.Pid}}");
    await killed(engine.chain.dockerd, engine.chain.containerd);
    writeFileSync(`/proc/${pid}/root/go`, "");
    await gone(pid);
    await engine.restart();
    await eventually(
      "its state",
      () => inspect("told", "{{.State.Status}}"),
      (status) => status === "exited",
    );
    await engine.ok("rm", "told");
    const format = "{{.Action}} {{.Actor.Attributes.exitCode}}";
    const until = String(Math.floor(Date.now() / 1000) + 1);
    const asked = [
      "--since",
      "0",
      "--until",
      until,
      "--filter",
      "container=told",
      "--filter",
      "type=container",
    ];
    const events = (await engine.ok("events", ...asked, "--format", format)).split("\n");
    expect(events.map((line) => line.replace(" <no value>", "").trim())).toEqual([
      "create",
      "start",
      "die 7",
      "destroy",
    ]);
  });

  test("of a shim: its container is reported dead, and can be removed", async () => {
    await engine.ok("run", "-d", "--name", "orphan", "busybox", "sleep", "1000");
    const pid = await inspect("orphan", "{{.State.Pid}}");
    process.kill(shimOf(pid), "SIGKILL");
    await eventually(
      "the container's end",
      () => inspect("orphan", "{{.State.Status}}"),
      (s) => s === "exited",
    );
    await gone(pid);
    await engine.ok("rm", "orphan");
  });

  test("of dockerd leaves containers that can be attached to, stopped and exec'd into", async () => {
    await engine.ok(
      "run",
      "-d",
      "-i",
      "--name",
      "talk",
      "busybox",
      "sh",
      "-c",
      "read l; echo got $l; exit 8",
    );
    await killed(engine.chain.dockerd, engine.chain.containerd);
    await engine.restart();
    expect(await engine.ok("exec", "talk", "echo", "alive")).toBe("alive");
    const attached = await engine.docker(["attach", "talk"], { stdin: "hello\n" });
    expect(attached).toEqual({ code: 8, stdout: "got hello\n", stderr: "" });
    await engine.ok("rm", "talk");
  });
});

describe("SIGTERM of dockerd", () => {
  test("stops the containers, and their state is true after the next start", async () => {
    await engine.ok(
      "run",
      "-d",
      "--name",
      "plain",
      "busybox",
      "sh",
      "-c",
      "trap 'exit 4' TERM; echo ready; while :; do sleep 0.05; done",
    );
    await engine.ok(
      "run",
      "-d",
      "--name",
      "always",
      "--restart",
      "always",
      "busybox",
      "sh",
      "-c",
      "trap 'exit 4' TERM; echo ready; while :; do sleep 0.05; done",
    );
    for (const name of ["plain", "always"])
      await eventually(
        `${name} to be ready for the signal`,
        () => engine.ok("logs", name),
        (text) => text.includes("ready"),
        30,
      );
    await engine.chain.stop();
    await engine.restart();
    expect(await inspect("plain", "{{.State.Status}} {{.State.ExitCode}}")).toBe("exited 4");
    await eventually(
      "the restart policy",
      () => inspect("always", "{{.State.Status}}"),
      (s) => s === "running",
    );
    await engine.ok("rm", "-f", "plain", "always");
  });
});
