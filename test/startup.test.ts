import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BIN, type Engine, eventually, startTestEngine } from "./lib/engine.ts";

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await startTestEngine({ image: false });
});
afterAll(() => engine.stop());
beforeEach(() => {
  folder = mkdtempSync("/tmp/pequod-start-");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a daemon that must refuse to start; returns its one line. */
async function refusal(
  program: string,
  args: string[],
  env: Record<string, string> = {},
  command: string[] = [],
): Promise<string> {
  const child = Bun.spawn([...command, join(BIN, program), ...args], {
    env: { ...process.env, ...env } as Record<string, string>,
    stdout: "ignore",
    stderr: "pipe",
    timeout: 30_000,
  });
  const [text, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  expect(child.signalCode).toBeNull();
  expect(code).not.toBe(0);
  return text.trim().split("\n").at(-1)!;
}

const dockerd = (...more: string[]) => [
  ...["-g", join(folder, "root"), "--exec-root", join(folder, "exec"), "-p", join(folder, "pid")],
  ...(more.includes("-H") ? [] : ["-H", `unix://${join(folder, "docker.sock")}`]),
  ...more,
];

describe("dockerd refuses to start, in one line, leaving nothing behind,", () => {
  test("without a containerd on the socket it was told", async () => {
    const socket = join(folder, "none.sock");
    const line = await refusal("dockerd", dockerd("--containerd", socket));
    expect(line).toContain("libcontainerd: containerd health check returned error:");
    expect(line).toContain(`(is docker-containerd running on ${socket}?)`);
    expect(readdirSync(folder)).toEqual([]);
  });
  test("on a data root of another storage driver", async () => {
    mkdirSync(join(folder, "root/devicemapper/metadata"), { recursive: true });
    writeFileSync(join(folder, "root/devicemapper/metadata/base"), "{}");
    const line = await refusal("dockerd", dockerd("--containerd", join(engine.folder, "containerd.sock")));
    expect(line).toContain('[graphdriver] prior storage driver "devicemapper" failed: driver not supported');
    expect(readdirSync(join(folder, "root"))).toEqual(["devicemapper"]);
  });
  test("on a data root that another one uses", async () => {
    const line = await refusal("dockerd", [
      ...["-g", join(engine.folder, "root"), "--exec-root", join(folder, "exec"), "-p", join(folder, "pid")],
      ...["-H", `unix://${join(folder, "docker.sock")}`],
    ]);
    expect(line).toContain(`another dockerd is using the data root ${join(engine.folder, "root")}`);
    expect(readdirSync(folder)).toEqual([]);
  });
  test("on a socket that is served already", async () => {
    const socket = join(engine.folder, "docker.sock");
    const line = await refusal("dockerd", dockerd("-H", `unix://${socket}`));
    expect(line).toContain(`can't create unix socket ${socket}: already served by another process`);
    expect(existsSync(socket)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });
  test("when it is not root", async () => {
    const line = await refusal("dockerd", dockerd(), {}, ["setpriv", "--reuid", "65534", "--clear-groups"]);
    expect(line).toContain("dockerd needs to be started with root privileges");
    expect(readdirSync(folder)).toEqual([]);
  });
  test("with an option it does not know", async () => {
    expect(await refusal("dockerd", ["--nonsense"])).toContain("See 'dockerd --help'");
  });
});

describe("docker-containerd refuses to start, in one line, leaving nothing behind,", () => {
  const args = (...more: string[]) => [
    ...[
      "-l",
      `unix://${join(folder, "c.sock")}`,
      "--root",
      join(folder, "root"),
      "--state",
      join(folder, "state"),
    ],
    ...more,
  ];
  test("without a shim", async () => {
    const line = await refusal("docker-containerd", args("--shim", "/no/such/shim"));
    expect(line).toContain("docker-containerd-shim not installed on system");
    expect(line).toContain("/no/such/shim");
    expect(readdirSync(folder)).toEqual([]);
  });
  test("without a runtime", async () => {
    const line = await refusal("docker-containerd", args("--runtime", "/no/such/runc"));
    expect(line).toContain("/no/such/runc");
    expect(readdirSync(folder)).toEqual([]);
  });
  test("on a socket that is served already", async () => {
    const socket = join(engine.folder, "containerd.sock");
    const line = await refusal("docker-containerd", [
      "-l",
      `unix://${socket}`,
      "--root",
      join(folder, "root"),
      "--state",
      join(folder, "state"),
    ]);
    expect(line).toContain(socket);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("dockerd without --containerd", () => {
  test("starts a docker-containerd of its own, starts it again when it is killed, and ends it with itself", async () => {
    const socket = join(folder, "docker.sock");
    const daemon = Bun.spawn([join(BIN, "dockerd"), ...dockerd()], {
      stdout: "ignore",
      stderr: Bun.file(join(folder, "log")),
    });
    const served = () =>
      eventually(
        "dockerd and its containerd answer",
        async () => {
          const answer = await fetch("http://d/info", { unix: socket }).catch(() => undefined);
          const info = (await answer?.json()) as { ContainerdCommit: { ID: string } } | undefined;
          return info?.ContainerdCommit.ID ?? "unreachable";
        },
        (commit) => commit !== "unreachable",
      );
    await served();
    const pidOf = async () =>
      Number(await Bun.file(join(folder, "exec/containerd/docker-containerd.pid")).text());
    const first = await pidOf();
    process.kill(first, "SIGKILL");
    const second = await eventually("another docker-containerd", pidOf, (pid) => pid !== first);
    await served();
    daemon.kill("SIGTERM");
    expect(await daemon.exited).toBe(0);
    await eventually(
      "its end",
      () => existsSync(`/proc/${second}`),
      (there) => !there,
    );
    expect(existsSync(socket)).toBe(false);
  });
});
