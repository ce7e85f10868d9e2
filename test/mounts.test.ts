import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { type Engine, startTestEngine } from "./lib/engine.ts";
import { startVolumePlugin } from "./lib/volume-plugin.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.stop());

const run = (...args: string[]) => engine.docker(["run", "--rm", ...args]);
const sh = (script: string, ...options: string[]) =>
  engine.ok("run", "--rm", ...options, "busybox", "sh", "-c", script);
const mounts = () => readFileSync(`/proc/${engine.chain.dockerd.pid}/mounts`, "utf8").split("\n").length;

describe("a part of a volume", () => {
  const part = (path: string) => `type=volume,source=parts,target=/v,volume-subpath=${path}`;
  test("is mounted instead of the whole, a file too, and leaves no mount behind", async () => {
    await sh("mkdir -p /v/a/b; echo in b > /v/a/b/f; echo outside > /v/secret", "-v", "parts:/v");
    const before = mounts();
    expect(await sh("ls /v; cat /v/f; echo more > /v/g", "--mount", part("a/b"))).toBe("f\nin b");
    expect(await sh("cat /v", "--mount", part("a/b/g"))).toBe("more");
    expect(mounts()).toBe(before);
  });
  test("that is not there, or is none, is refused", async () => {
    expect((await run("--mount", part("none"), "busybox", "true")).stderr).toContain(
      "no such file or directory",
    );
    const out = await run("--mount", part("../x"), "busybox", "true");
    expect(out.stderr).toContain("subpath must be a relative path within the volume");
  });
  test("is looked for inside of the volume, whatever links a container has left there", async () => {
    symlinkSync("/etc", join(engine.folder, "root/volumes/parts/_data/link"));
    const result = await run("--mount", part("link"), "busybox", "ls", "/v");
    expect(result.code).not.toBe(0);
    expect(result.stderr).toContain("no such file or directory");
  });
});

describe("an image", () => {
  test("is mounted read-only, whole or in part, and stays usable over restarts of the container", async () => {
    const archive = join(engine.folder, "data.tar");
    writeBusyboxImage(archive, { tag: "data:1", files: { "set/one": "1", "set/two": "2" } });
    await engine.ok("load", "-i", archive);
    const before = mounts();
    const whole = "type=image,source=data:1,target=/data";
    expect(await sh("cat /data/set/one; touch /data/x 2>&1 || true", "--mount", whole)).toMatch(
      /^1touch: \/data\/x: Read-only file system$/,
    );
    expect(await sh("ls /data", "--mount", `${whole},image-subpath=set`)).toBe("one\ntwo");
    await engine.ok("run", "-d", "--name", "keeps", "--mount", whole, "busybox", "sleep", "1000");
    await engine.ok("restart", "-t", "0", "keeps");
    expect(await engine.ok("exec", "keeps", "cat", "/data/set/two")).toBe("2");
    await engine.ok("rm", "-f", "keeps");
    expect(mounts()).toBe(before);
  });
  test("that is not there is refused", async () => {
    const result = await run(
      "--pull",
      "never",
      "--mount",
      "type=image,source=none:1,target=/x",
      "busybox",
      "true",
    );
    expect(result.code).toBe(125);
    expect(result.stderr).toContain("No such image: none:1");
  });
});

test("a volume with options is neither pruned nor counted: what it shows may be elsewhere", async () => {
  const counted = async () => {
    const table = await engine.ok("system", "df", "--format", "{{.Type}} {{.TotalCount}}");
    return Number(/^Local Volumes (\d+)$/m.exec(table)?.[1]);
  };
  await engine.ok("volume", "prune", "-a", "-f");
  expect(await counted()).toBe(0);
  await engine.ok("volume", "create", "plain");
  await engine.ok("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "optioned");
  expect(await counted()).toBe(1);
  expect(await engine.ok("volume", "prune", "-a", "-f")).toContain("Deleted Volumes:\nplain\n");
  expect(await engine.ok("volume", "ls", "-q")).toBe("optioned");
  await engine.ok("volume", "rm", "optioned");
});

describe("a volume plugin", () => {
  test("makes, mounts, unmounts and removes volumes, and is remembered over a restart", async () => {
    const plugin = await startVolumePlugin(join(engine.folder, "plugin-data"));
    try {
      const made = ["volume", "create", "-d", plugin.name, "-o", "size=1", "--label", "a=b", "far"];
      expect(await engine.ok(...made)).toBe("far");
      expect(await engine.ok("volume", "inspect", "-f", "{{.Driver}} {{.Scope}} {{.Labels.a}}", "far")).toBe(
        `${plugin.name} global b`,
      );
      expect(await sh("echo kept > /v/f; cat /v/f", "-v", "far:/v")).toBe("kept");
      expect((await engine.docker(["volume", "create", "-d", "local", "far"])).stderr).toContain(
        "volume name must be unique",
      );
      await engine.chain.stop();
      await engine.restart();
      expect(
        await sh("cat /v/f", "--mount", `type=volume,source=far,target=/v,volume-driver=${plugin.name}`),
      ).toBe("kept");
      await engine.ok("volume", "rm", "far");
      expect(plugin.calls.filter((call) => !/^(Mount|Unmount|Get)/.test(call))).toEqual([
        "Create far",
        "Remove far",
      ]);
      const count = (method: string) => plugin.calls.filter((call) => call === `${method} far`).length;
      expect(count("Mount")).toBe(count("Unmount"));
      const refused = await engine.docker(["volume", "create", "-d", plugin.name, "refused"]);
      expect(refused.stderr).toContain("no space in this plugin");
    } finally {
      plugin.stop();
    }
  });
  test("that is not there is told of", async () => {
    const result = await engine.docker(["volume", "create", "-d", "pequod-none", "xx"]);
    expect(result.stderr).toContain(
      'create xx: error looking up volume plugin pequod-none: plugin "pequod-none" not found',
    );
  });
});
