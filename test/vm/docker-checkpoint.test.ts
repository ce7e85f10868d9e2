/** Checkpoints through the whole chain: docker, dockerd, docker-containerd, docker-containerd-shim, docker-runc, CRIU. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Engine, eventually, OUR_CLI, startTestEngine } from "../lib/engine.ts";

/** Seconds, and milliseconds: the machine is emulated, and other things may run beside it. */
const LONG = 300;
const LIMIT = 500_000;
const COUNT = "i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done";
let engine: Engine;

beforeAll(async () => {
  engine = await startTestEngine({ flags: ["--experimental", "--bridge", "none", "--iptables=false"] });
}, LIMIT);
afterAll(async () => {
  await engine.docker(["rm", "-f", "up"], { cli: OUR_CLI });
  await engine.stop();
});

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await engine.docker(args, { cli: OUR_CLI });
  expect([code, stderr]).toEqual([0, ""]);
  return stdout.trim();
}

const numbers = async () => (await ok("logs", "up")).split("\n").filter(Boolean).map(Number);
const status = () => ok("inspect", "-f", "{{.State.Status}}", "up");
const more = (than: number) =>
  eventually(`more than ${than} lines`, numbers, (all) => all.length > than, LONG);

test(
  "a container ends with its checkpoint, and goes on from it without a line lost or told twice",
  async () => {
    await ok(
      "run",
      "-d",
      "--name",
      "up",
      "--network",
      "none",
      "--memory",
      "64m",
      "busybox",
      "sh",
      "-c",
      COUNT,
    );
    await more(3);
    expect(await ok("checkpoint", "create", "up", "one")).toBe("one");
    await eventually("ended", status, (state) => state === "exited", LONG);
    const before = (await numbers()).length;
    expect(await ok("checkpoint", "ls", "up")).toBe("CHECKPOINT NAME\none");
    await ok("start", "--checkpoint", "one", "up");
    expect(await status()).toBe("running");
    const all = await more(before + 3);
    expect(all).toEqual(all.map((_, i) => i + 1));
    expect(await ok("exec", "up", "cat", "/proc/1/comm")).toBe("sh");
    expect(await ok("inspect", "-f", "{{.State.Pid}}", "up")).not.toBe("0");
  },
  LIMIT,
);

test(
  "with --leave-running it goes on; the checkpoint is in the folder that was named",
  async () => {
    const folder = join(engine.folder, "elsewhere");
    await ok("checkpoint", "create", "--leave-running", "--checkpoint-dir", folder, "up", "two");
    const id = await ok("inspect", "-f", "{{.Id}}", "up");
    expect(readdirSync(join(folder, id, "checkpoints", "two"))).toContain("inventory.img");
    const so = (await numbers()).length;
    await more(so);
    await ok("checkpoint", "rm", "--checkpoint-dir", folder, "up", "two");
    expect(await ok("checkpoint", "ls", "--checkpoint-dir", folder, "up")).toBe("CHECKPOINT NAME");
  },
  LIMIT,
);

test(
  "events tell of it, and its end is that of any other",
  async () => {
    await ok("stop", "-t", "0", "up");
    // What is asked for ends with the last whole second: the end may not be in it yet.
    const told = async () => {
      const text = await ok("events", "--since", "1h", "--until", "0s", "--filter", "container=up");
      const actions = text.split("\n").map((line) => / container (\S+) /.exec(line)?.[1] ?? "");
      return actions.filter((action) => ["checkpoint", "die", "start"].includes(action)).join(" ");
    };
    const all = "start checkpoint die start checkpoint die";
    await eventually("all events", told, (actions) => actions === all, LONG);
  },
  LIMIT,
);
