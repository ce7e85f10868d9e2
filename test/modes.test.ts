/** Namespaces that are shared, and other things that a container may be given. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Engine, startTestEngine } from "./lib/engine.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.stop());

const run = (...args: string[]) => engine.docker(["run", "--rm", ...args]);
const sh = (script: string, ...options: string[]) =>
  engine.ok("run", "--rm", ...options, "busybox", "sh", "-c", script);
const namespace = (name: string) => readlinkSync(`/proc/self/ns/${name}`);

async function withSleeper(name: string, options: string[], use: () => Promise<void>): Promise<void> {
  await engine.ok("run", "-d", "--name", name, ...options, "busybox", "sleep", "1000");
  try {
    await use();
  } finally {
    await engine.ok("rm", "-f", name);
  }
}

describe("namespaces", () => {
  test("ipc: private, shareable and shared with another container", async () => {
    await withSleeper("shares", ["--ipc", "shareable"], async () => {
      await engine.ok("exec", "shares", "sh", "-c", "echo common > /dev/shm/f");
      expect(await sh("cat /dev/shm/f", "--ipc", "container:shares")).toBe("common");
    });
    await withSleeper("keeps", [], async () => {
      const refused = await run("--ipc", "container:keeps", "busybox", "true");
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain("non-shareable IPC");
    });
    expect(await sh("readlink /proc/self/ns/ipc", "--ipc", "host")).toBe(namespace("ipc"));
  });
  test("pid: the host's, and another container's", async () => {
    expect(await sh("readlink /proc/self/ns/pid", "--pid", "host")).toBe(namespace("pid"));
    await withSleeper("watched", [], async () => {
      expect(await sh("ps", "--pid", "container:watched")).toContain("sleep 1000");
    });
    const gone = await run("--pid", "container:none", "busybox", "true");
    expect(gone.stderr).toContain("No such container: none");
  });
  test("uts, cgroup and network", async () => {
    expect(await sh("hostname", "--uts", "host")).toBe(hostname());
    expect(await sh("cat /proc/self/cgroup | grep -c docker", "--cgroupns", "host")).not.toBe("0");
    await withSleeper("owner", [], async () => {
      const there = await engine.ok("exec", "owner", "readlink", "/proc/self/ns/net");
      expect(await sh("readlink /proc/self/ns/net; hostname", "--network", "container:owner")).toContain(
        there,
      );
    });
    const both = await run("--uts", "host", "--hostname", "x", "busybox", "true");
    expect(both.stderr).toContain("conflicting options: hostname and the UTS mode");
  });
});

test("links, volumes-from and host-gateway", async () => {
  await withSleeper("db", ["-v", "/data"], async () => {
    await engine.ok("exec", "db", "sh", "-c", "echo row > /data/t");
    expect(await sh("grep -c alias /etc/hosts", "--link", "db:alias")).toBe("1");
    expect(await sh("cat /data/t; touch /data/x 2>&1 || true", "--volumes-from", "db:ro")).toBe(
      "row\ntouch: /data/x: Read-only file system",
    );
    expect(await sh("grep gate /etc/hosts", "--add-host", "gate:host-gateway")).toMatch(
      /^172\.\d+\.0\.1\tgate$/,
    );
  });
});

describe("security", () => {
  test("a seccomp profile of one's own, and one that is none", async () => {
    const profile = join(engine.folder, "profile.json");
    const deny = { names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" };
    writeFileSync(profile, JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [deny] }));
    const made = await run("--security-opt", `seccomp=${profile}`, "busybox", "mkdir", "/x");
    expect(made.stderr).toContain("Operation not permitted");
    writeFileSync(profile, "{");
    const broken = await run("--security-opt", `seccomp=${profile}`, "busybox", "true");
    expect(broken.code).toBe(125);
  });
  test("system paths, groups, device rules, and what nobody serves", async () => {
    const masked = "grep -c ' /proc/' /proc/mounts || true";
    expect(await sh(masked, "--security-opt", "systempaths=unconfined")).toBe("0");
    expect(await sh("id -G", "--group-add", "audio", "--group-add", "7", "-u", "1:1")).toBe("1 7 29");
    const rule = ["--device-cgroup-rule", "c 1:11 rwm", "--cap-add", "MKNOD", "--cap-add", "SYSLOG"];
    expect(await sh("mknod /kmsg c 1 11 && head -c 1 /kmsg > /dev/null && echo ok", ...rule)).toBe("ok");
    const gpus = await run("--gpus", "all", "busybox", "true");
    expect(gpus.code).toBe(125);
    expect(gpus.stderr).toContain('could not select device driver "" with capabilities: [[gpu]]');
  });
});

test("a container that needs more memory than it may have is killed, and said to be", async () => {
  const since = String(Math.floor(Date.now() / 1000));
  const result = await engine.docker([
    ...["run", "--name", "greedy", "-m", "16m", "--memory-swap", "16m", "busybox"],
    ...["sh", "-c", "tail -c 100000000 /dev/zero"],
  ]);
  expect(result.code).toBe(137);
  expect(await engine.ok("inspect", "-f", "{{.State.OOMKilled}}", "greedy")).toBe("true");
  await engine.ok("rm", "greedy");
  const until = String(Math.ceil(Date.now() / 1000));
  const filters = ["--filter", "container=greedy", "--format", "{{.Action}}"];
  expect(await engine.ok("events", "--since", since, "--until", until, ...filters)).toContain("oom");
});
