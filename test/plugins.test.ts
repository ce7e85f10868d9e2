/** Managed plugins, as `docker plugin` handles them, side by side with stock dockerd 20.10; and through a registry. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { type Chain, type RunningEngine, startChain } from "../hack/lib/chain.ts";
import { STOCK_CLIENT, STOCK_DOCKERD, startStockEngine } from "../hack/lib/stock-engine.ts";
import { BIN, OUR_CLI } from "./lib/engine.ts";
import { makePluginFolder, PLUGIN_CONFIG } from "./lib/plugin-folder.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";

const work = mkdtempSync("/tmp/pequod-plugins-");
const source = join(work, "plugin");
const image = join(work, "busybox.tar");

beforeAll(() => {
  writeBusyboxImage(image);
  makePluginFolder(source);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const start = (folder: string, flags: string[] = []) =>
  startChain({ folder, client: STOCK_CLIENT, daemonPrograms: BIN, flags });

function folderFor(name: string): string {
  const folder = join(work, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** What both engines are asked, and what they say, without ids. */
function observe(engine: RunningEngine): Record<string, unknown> {
  const seen: Record<string, unknown> = {};
  const run = (name: string, ...args: string[]) => {
    const { code, output } = engine.docker(...args);
    seen[name] = [
      code,
      output
        .replace(/ *"DockerVersion": ".*",\n/, "")
        .replace(/[0-9a-f]{64}/g, "ID")
        .replace(/\b[0-9a-f]{12}\b/g, "ID")
        .trim(),
    ];
  };
  run("load", "load", "-i", image);
  run("none", "plugin", "ls");
  run("create", "plugin", "create", "test/vols", source);
  run("create again", "plugin", "create", "test/vols:latest", source);
  run("list", "plugin", "ls");
  run(
    "filtered",
    "plugin",
    "ls",
    "-f",
    "capability=volumedriver",
    "-f",
    "enabled=false",
    "--format",
    "{{.Name}}",
  );
  run("filtered away", "plugin", "ls", "-f", "enabled=true", "-q");
  run("inspect", "plugin", "inspect", "test/vols");
  run("disabled as a driver", "volume", "create", "-d", "test/vols", "early");
  run("disable", "plugin", "disable", "test/vols");
  run("set", "plugin", "set", "test/vols", "GREETING=good day");
  run("settings", "plugin", "inspect", "-f", "{{json .Settings.Env}}", "test/vols");
  run("enable", "plugin", "enable", "test/vols");
  run("enabled", "plugin", "ls", "--format", "{{.Name}} {{.Enabled}} {{.Description}}");
  run("enable again", "plugin", "enable", "test/vols");
  run("set when enabled", "plugin", "set", "test/vols", "GREETING=late");
  run("remove when enabled", "plugin", "rm", "test/vols");
  run("not there", "plugin", "inspect", "nothing");
  run("volume", "volume", "create", "-d", "test/vols", "made");
  run("driver", "volume", "ls", "--format", "{{.Driver}} {{.Name}}");
  run("use", "run", "--rm", "-v", "made:/v", "busybox", "cat", "/v/greeting");
  run("write", "run", "--rm", "-v", "made:/v", "busybox", "sh", "-c", "cp /v/greeting /v/copy; ls /v");
  run("clean", "run", "--rm", "-v", "made:/v", "busybox", "sh", "-c", "rm /v/*");
  run("remove volume", "volume", "rm", "made");
  run("no volumes", "volume", "ls", "-q");
  run("disable at last", "plugin", "disable", "test/vols");
  run("remove", "plugin", "rm", "test/vols");
  run("gone", "plugin", "ls", "-q");
  return seen;
}

describe.skipIf(!existsSync(STOCK_DOCKERD))("docker plugin", () => {
  test("does and says what stock does and says", async () => {
    const stock = await startStockEngine({ folder: folderFor("stock") });
    const expected = observe(stock);
    await stock.stop();
    const ours = await start(folderFor("ours"));
    const seen = observe(ours);
    await ours.stop();
    expect(expected["use"]).toEqual([0, "good day"]);
    expect(seen).toEqual(expected);
  });
});

describe("our client", () => {
  const folder = () => folderFor("client");
  let registry: TestRegistry;
  let engine: Chain;
  beforeAll(async () => {
    registry = await startRegistry();
    engine = await startChain({ folder: folder(), client: OUR_CLI, daemonPrograms: BIN });
  });
  afterAll(async () => {
    await engine.stop();
    await registry.stop();
  });

  test("creates, sets, pushes and installs, and grants only what the user does", () => {
    const remote = `${registry.host}/vols:1`;
    const docker = (...args: string[]) => engine.docker("plugin", ...args);
    expect(docker("create", remote, source)).toEqual({ code: 0, output: `${remote}\n` });
    expect(docker("create", "--compress", "other", source).code).toBe(0);
    expect(docker("create", "none", work).output).toContain("config.json is not there");
    expect(docker("set", "other", "GREETING=x").code).toBe(0);
    expect(docker("inspect", "-f", "{{json .Settings.Env}}", "other").output).toBe('["GREETING=x"]\n');
    expect(docker("set", "other", "NOTHING=x").output).toContain("not found in the plugin configuration");
    expect(docker("push", remote).output).toContain("1: digest: sha256:");
    expect(docker("rm", remote, "other").code).toBe(0);
    const refused = docker("install", remote);
    expect([refused.code, refused.output]).toEqual([
      1,
      expect.stringContaining(
        "is requesting the following privileges:\n - network: [none]\n - capabilities: [CAP_SYS_ADMIN]",
      ),
    ]);
    const installed = docker("install", "--grant-all-permissions", "--alias", "mine", remote, "GREETING=y");
    expect([installed.code, installed.output]).toEqual([
      0,
      expect.stringContaining(`Installed plugin ${remote}\n`),
    ]);
    expect(docker("ls", "--format", "{{.Name}} {{.Enabled}}").output).toBe("mine:latest true\n");
    expect(docker("rm", "-f", "mine").code).toBe(0);
  });
});

describe("a plugin of ours", () => {
  let registry: TestRegistry;
  let engine: Chain;
  beforeAll(async () => {
    registry = await startRegistry();
    engine = await start(folderFor("registry"));
  });
  afterAll(async () => {
    await engine.stop();
    await registry.stop();
  });
  const ok = (...args: string[]) => {
    const { code, output } = engine.docker(...args);
    if (code !== 0) throw new Error(`docker ${args.join(" ")}: ${output}`);
    return output.trim();
  };

  test("is pushed, and installed under another name with its permissions granted", () => {
    const remote = `${registry.host}/vols:1`;
    ok("plugin", "create", remote, source);
    expect(ok("plugin", "push", remote)).toContain("1: digest: sha256:");
    ok("plugin", "rm", remote);
    expect(engine.docker("plugin", "install", "--alias", "mine", remote).code).not.toBe(0);
    const installed = ok("plugin", "install", "--grant-all-permissions", "--alias", "mine", remote);
    expect(installed).toContain(`Installed plugin ${remote}`);
    expect(ok("plugin", "ls", "--format", "{{.Name}} {{.Enabled}}")).toBe("mine:latest true");
    expect(ok("plugin", "inspect", "-f", "{{.PluginReference}}", "mine")).toBe(remote);
    const image = engine.docker("pull", remote);
    expect([image.code, image.output]).toEqual([1, expect.stringContaining("(plugin) when fetching")]);
  });

  test("is upgraded to another version once it is disabled, by either client; its settings begin anew", () => {
    const remotes = [1, 2].map((version) => `${registry.host}/changing:${version}`);
    for (const [i, remote] of remotes.entries()) {
      const folder = join(work, `changing-${i}`);
      cpSync(source, folder, { recursive: true });
      writeFileSync(join(folder, "rootfs/version"), String(i + 1));
      ok("plugin", "create", remote, folder);
      ok("plugin", "push", remote);
      ok("plugin", "rm", remote);
    }
    const [first = "", second = ""] = remotes;
    ok("plugin", "install", "--grant-all-permissions", "--alias", "changing", first, "GREETING=changed");
    expect(engine.docker("plugin", "upgrade", "changing").output).toContain(
      "must be disabled before upgrading",
    );
    const id = ok("plugin", "inspect", "-f", "{{.Id}}", "changing");
    const version = () => readFileSync(join(work, "registry/root/plugins", id, "rootfs/version"), "utf8");
    ok("plugin", "disable", "changing");
    const upgrade = ["plugin", "upgrade", "--grant-all-permissions", "--skip-remote-check", "changing"];
    expect(ok(...upgrade, second)).toContain(`Upgraded plugin changing:latest to ${second}`);
    expect(version()).toBe("2");
    expect(ok("plugin", "inspect", "-f", "{{.PluginReference}} {{.Settings.Env}}", "changing")).toBe(
      `${second} [GREETING=hello]`,
    );
    const words = { env: { ...process.env, DOCKER_HOST: engine.host }, stdin: "ignore" } as const;
    const ours = (...args: string[]) => Bun.spawnSync([OUR_CLI, ...args], words);
    const refused = ours("plugin", "upgrade", "changing", first);
    expect(refused.stdout.toString()).toBe(
      `Upgrading plugin changing:latest from ${second} to ${first}\nPlugin images do not match, are you sure? [y/N] `,
    );
    expect([refused.exitCode, version()]).toEqual([1, "2"]);
    expect(ours(...upgrade, first).exitCode).toBe(0);
    expect(version()).toBe("1");
    expect(engine.docker(...upgrade, `${registry.host}/changing:3`).code).toBe(1);
    ok("plugin", "enable", "changing");
    ok("plugin", "rm", "-f", "changing");
  });

  test("serves on when both daemons were killed, and its volumes with it", async () => {
    ok("load", "-i", image);
    ok("volume", "create", "-d", "mine", "kept");
    expect(ok("run", "--rm", "-v", "kept:/v", "busybox", "cat", "/v/greeting")).toBe("hello");
    const before = engine;
    before.dockerd.kill("SIGKILL");
    before.containerd.kill("SIGKILL");
    await Promise.all([before.dockerd.exited, before.containerd.exited]);
    engine = await start(folderFor("registry"));
    expect(ok("run", "--rm", "-v", "kept:/v", "busybox", "cat", "/v/greeting")).toBe("hello");
    expect(engine.docker("plugin", "disable", "mine").output).toContain("is in use");
    ok("volume", "rm", "-f", "kept");
  });

  test("is started again with dockerd, and gone with its files once it is removed", async () => {
    await engine.stop();
    engine = await start(folderFor("registry"));
    ok("volume", "create", "-d", "mine", "again");
    expect(ok("run", "--rm", "-v", "again:/v", "busybox", "cat", "/v/greeting")).toBe("hello");
    ok("volume", "rm", "again");
    ok("plugin", "rm", "-f", "mine");
    const left = [...new Bun.Glob("*/config.json").scanSync({ cwd: join(work, "registry/root/plugins") })];
    expect(left).toEqual([]);
  });

  test("that ends at once is told of, and stays disabled", () => {
    const broken = join(work, "broken");
    mkdirSync(join(broken, "rootfs"), { recursive: true });
    writeFileSync(
      join(broken, "config.json"),
      JSON.stringify({ ...PLUGIN_CONFIG, entrypoint: ["/nothing"] }),
    );
    ok("plugin", "create", "broken", broken);
    const { code, output } = engine.docker("plugin", "enable", "broken");
    expect([code, output]).toEqual([1, expect.stringContaining("/nothing")]);
    expect(ok("plugin", "ls", "--format", "{{.Name}} {{.Enabled}}")).toBe("broken:latest false");
    ok("plugin", "rm", "broken");
  });
});
