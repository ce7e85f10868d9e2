/** What happens by itself: restart policies over daemon restarts, live-restore, health checks, --rm, --init. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Engine, eventually, startTestEngine } from "./lib/engine.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.stop());

const inspect = (name: string, format: string) => engine.ok("inspect", "-f", format, name);
const WAIT = ["busybox", "sh", "-c", "trap 'exit 4' TERM; while :; do sleep 0.05; done"];

async function kill(...daemons: Bun.Subprocess[]): Promise<void> {
  for (const daemon of daemons) daemon.kill("SIGKILL");
  await Promise.all(daemons.map((daemon) => daemon.exited));
}

describe("restart policies", () => {
  test("over a restart of the daemon: always and unless-stopped come back, what was stopped by hand does not", async () => {
    await engine.ok("run", "-d", "--name", "always", "--restart", "always", ...WAIT);
    await engine.ok("run", "-d", "--name", "unless", "--restart", "unless-stopped", ...WAIT);
    await engine.ok("run", "-d", "--name", "stopped", "--restart", "unless-stopped", ...WAIT);
    await engine.ok("run", "-d", "--name", "plain", ...WAIT);
    await engine.ok("stop", "stopped");
    await engine.chain.stop();
    await engine.restart();
    for (const name of ["always", "unless"]) {
      await eventually(
        name,
        () => inspect(name, "{{.State.Status}}"),
        (status) => status === "running",
      );
    }
    expect(await inspect("stopped", "{{.State.Status}}")).toBe("exited");
    expect(await inspect("plain", "{{.State.Status}} {{.State.ExitCode}}")).toBe("exited 4");
    await engine.ok("rm", "-f", "always", "unless", "stopped", "plain");
  });
  test("wait longer from one failure to the next, and stop at once when told", async () => {
    await engine.ok("run", "-d", "--name", "failing", "--restart", "always", "busybox", "false");
    await eventually(
      "some restarts",
      async () => Number(await inspect("failing", "{{.RestartCount}}")),
      (count) => count >= 3,
    );
    await engine.ok("stop", "failing");
    expect(await inspect("failing", "{{.State.Status}}")).toBe("exited");
    await engine.ok("update", "--restart", "no", "failing");
    expect(await inspect("failing", "{{.HostConfig.RestartPolicy.Name}}")).toBe("no");
    await engine.ok("rm", "failing");
  });
});

test("--rm removes a container that ended while the daemon was away", async () => {
  await engine.ok("run", "-d", "--rm", "--name", "gone", "busybox", "sleep", "0.5");
  const pid = Number(await inspect("gone", "{{.State.Pid}}"));
  await kill(engine.chain.dockerd, engine.chain.containerd);
  await eventually(
    "its end",
    () => Bun.file(`/proc/${pid}/stat`).exists(),
    (there) => !there,
  );
  await engine.restart();
  await eventually(
    "its removal",
    () => engine.ok("ps", "-aq", "--filter", "name=gone"),
    (ids) => ids === "",
  );
});

describe("health checks", () => {
  test("go from starting over healthy to unhealthy, with events, log and filter", async () => {
    const since = String(Math.floor(Date.now() / 1000));
    await engine.ok(
      ...["run", "-d", "--name", "sick", "--health-cmd", "cat /tmp/well", "--health-interval", "100ms"],
      ...["--health-retries", "2", "--health-start-period", "30s", "--health-start-interval", "100ms"],
      ...["busybox", "sh", "-c", "sleep 0.5; touch /tmp/well; sleep 1000"],
    );
    expect(await inspect("sick", "{{.State.Health.Status}}")).toBe("starting");
    const becomes = (wanted: string) =>
      eventually(
        wanted,
        () => inspect("sick", "{{.State.Health.Status}}"),
        (status) => status === wanted,
      );
    await becomes("healthy");
    expect(await engine.ok("ps", "--filter", "health=healthy", "--format", "{{.Names}} {{.Status}}")).toMatch(
      /^sick Up .* \(healthy\)$/,
    );
    await engine.ok("exec", "sick", "rm", "/tmp/well");
    await becomes("unhealthy");
    expect(
      await inspect("sick", "{{(index .State.Health.Log 0).ExitCode}} {{len .State.Health.Log}}"),
    ).toMatch(/^[01] \d$/);
    await engine.ok("rm", "-f", "sick");
    const until = String(Math.ceil(Date.now() / 1000));
    const filters = ["--filter", "container=sick", "--filter", "event=health_status"];
    const events = await engine.ok(
      "events",
      "--since",
      since,
      "--until",
      until,
      ...filters,
      "--format",
      "{{.Action}}",
    );
    expect(events.split("\n")).toEqual(["health_status: healthy", "health_status: unhealthy"]);
  });
  test("that take too long fail, and --no-healthcheck turns them off", async () => {
    await engine.ok(
      ...["run", "-d", "--name", "slow", "--health-cmd", "sleep 100", "--health-interval", "100ms"],
      ...["--health-timeout", "200ms", "--health-retries", "1", "busybox", "sleep", "1000"],
    );
    await eventually(
      "unhealthy",
      () => inspect("slow", "{{.State.Health.Status}}"),
      (status) => status === "unhealthy",
    );
    expect(await inspect("slow", "{{(index .State.Health.Log 0).Output}}")).toContain(
      "exceeded timeout (0.2s)",
    );
    await engine.ok("rm", "-f", "slow");
  });
});

test("--live-restore: SIGTERM of dockerd leaves containers running, and they are taken over with their output", async () => {
  await engine.chain.stop();
  const live = await startTestEngine({ flags: ["--live-restore"] });
  try {
    await live.ok(
      "run",
      "-d",
      "--name",
      "lives",
      "busybox",
      "sh",
      "-c",
      "i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done",
    );
    const pid = await live.ok("inspect", "-f", "{{.State.Pid}}", "lives");
    await live.chain.stop();
    expect(await Bun.file(`/proc/${pid}/stat`).exists()).toBe(true);
    await live.restart();
    expect(await live.ok("inspect", "-f", "{{.State.Status}} {{.State.Pid}}", "lives")).toBe(
      `running ${pid}`,
    );
    await live.ok("stop", "-t", "0", "lives");
    const lines = (await live.ok("logs", "lives")).split("\n");
    expect(lines).toEqual(lines.map((_, i) => String(i + 1)));
    await live.ok("rm", "lives");
  } finally {
    await live.stop();
    await engine.restart();
  }
});

test("signals reach the command through docker-init, which reaps orphans", async () => {
  await engine.ok(
    "run",
    "-d",
    "--init",
    "--name",
    "reaped",
    "busybox",
    "sh",
    "-c",
    "(sleep 0.1 &) ; trap 'exit 9' USR1; while :; do sleep 0.05; done",
  );
  await eventually(
    "no zombies",
    () => engine.ok("exec", "reaped", "sh", "-c", "grep -l 'State:.Z' /proc/[0-9]*/status | wc -l"),
    (count) => count === "0",
  );
  await engine.ok("kill", "-s", "USR1", "reaped");
  expect(await engine.ok("wait", "reaped")).toBe("9");
  await engine.ok("rm", "reaped");
});
