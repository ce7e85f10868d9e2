/** docker-containerd's flags, its config.toml, its metrics, and how it refuses. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { appears } from "../hack/lib/chain.ts";
import { importBusybox, runTool, startContainerd, type TestContainerd } from "./lib/containerd.ts";
import { freePort } from "./lib/daemon.ts";
import { BIN } from "./lib/engine.ts";

const DAEMON = join(BIN, "docker-containerd");

/** Runs the daemon to its end, which must come by itself. */
async function refusal(
  flags: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stderr: string }> {
  const child = Bun.spawn([DAEMON, ...flags], {
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    timeout: 10_000,
  });
  const [stderr, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  return { code, stderr };
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync("/tmp/pequod-options-");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const folders = (name: string) => [
  "--root",
  join(folder, name, "root"),
  "--state",
  join(folder, name, "state"),
];
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe("refusals are one line, and leave nothing", () => {
  test("a shim that is not there", async () => {
    const given = await refusal(["--shim", "/none/shim", ...folders("a")]);
    expect(given).toEqual({
      code: 1,
      stderr:
        "docker-containerd: docker-containerd-shim not installed on system: /none/shim is not an executable file (given with --shim)\n",
    });
    const searched = await refusal(["--shim", "no-such-shim", ...folders("a")], { PATH: "/none" });
    expect(searched.stderr).toContain(
      "docker-containerd-shim not installed on system: no-such-shim not found in PATH=/none",
    );
    expect(existsSync(join(folder, "a"))).toBe(false);
  });
  test("flags and files that make no sense", async () => {
    expect((await refusal(["-l", "tcp://x", ...folders("a")])).stderr).toContain(
      "give unix:///PATH or an absolute path",
    );
    expect((await refusal(["--none"])).stderr).toContain("--none");
    expect((await refusal(["extra"])).stderr).toContain('unexpected argument "extra"');
    expect((await refusal(["--metrics-interval", "soon"])).stderr).toContain("give for example 15s or 2m");
    expect((await refusal(["-c", join(folder, "none.toml")])).stderr).toContain("none.toml");
    expect((await refusal(["-c", write("bad.toml", "root = [")])).stderr).toContain("bad.toml");
    expect((await refusal(["-c", write("type.toml", "root = 5")])).stderr).toContain("root must be a string");
    expect(existsSync(join(folder, "a"))).toBe(false);
  });
  test("an address for metrics that is taken", async () => {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("") });
    const taken = await refusal([
      ...["--metrics-address", `127.0.0.1:${server.port}`, "-l", join(folder, "m.sock"), ...folders("m")],
    ]);
    await server.stop(true);
    expect(taken.code).toBe(1);
    expect(taken.stderr).toContain("serve metrics on 127.0.0.1:");
    expect(existsSync(join(folder, "m.sock"))).toBe(false);
  });
});

test("config.toml in containerd's form; flags count for more", async () => {
  const socket = join(folder, "file.sock");
  const file = write(
    "config.toml",
    `version = 2\nroot = "${folder}/unused"\nstate = "${folder}/file/state"\n` +
      `disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "${socket}"\n  gid = 1\n[debug]\n  level = "debug"\n`,
  );
  const log = join(folder, "log");
  const child = Bun.spawn([DAEMON, "-c", file, "--root", join(folder, "file/root")], {
    stdin: "ignore",
    stdout: Bun.file(log),
    stderr: Bun.file(log),
  });
  await appears(socket, child, log);
  expect(statSync(socket).gid).toBe(1);
  expect(existsSync(join(folder, "file/root/io.containerd.content.v1.content"))).toBe(true);
  expect(existsSync(join(folder, "unused"))).toBe(false);
  expect((await runTool(socket, ["version"])).code).toBe(0);
  child.kill();
  expect(await child.exited).toBe(0);
  expect(existsSync(socket)).toBe(false);
});

test("what stock's file says and nothing here does is named in one line; what it imports counts", async () => {
  const socket = join(folder, "stock.sock");
  const defaults = Bun.spawnSync(["containerd", "config", "default"]).stdout.toString();
  write("imported.toml", `oom_score = 7\n[grpc]\n  address = "${socket}"\n`);
  const file = write(
    "stock.toml",
    defaults
      .replace(/^root = .*$/m, `root = "${folder}/stock/root"`)
      .replace(/^state = .*$/m, `state = "${folder}/stock/state"`)
      .replace(/^imports = .*$/m, 'imports = ["import*.toml"]'),
  );
  const log = join(folder, "stock.log");
  const child = Bun.spawn([DAEMON, "-c", file], {
    stdin: "ignore",
    stdout: Bun.file(log),
    stderr: Bun.file(log),
  });
  await appears(socket, child, log);
  expect(readFileSync(`/proc/${child.pid}/oom_score_adj`, "utf8").trim()).toBe("7");
  child.kill();
  await child.exited;
  const warnings = readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line.includes("level=warn"));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("plugins.io.containerd.grpc.v1.cri");
  expect(warnings[0]).not.toContain("tcp_address");
  expect((await refusal(["-c", write("odd.toml", 'imports = ["none.toml"]')])).stderr).toContain("none.toml");
});

describe("Prometheus metrics", () => {
  let containerd: TestContainerd;
  const address = `127.0.0.1:${freePort()}`;
  beforeAll(async () => {
    containerd = await startContainerd({ flags: ["--metrics-address", address] });
  });
  afterAll(() => containerd.stop());

  test("tell of the daemon and of each container", async () => {
    const image = await importBusybox(containerd);
    await containerd.ok(
      "run",
      "-d",
      "--null-io",
      "--memory-limit",
      "52428800",
      image,
      "counted",
      "sleep",
      "1000",
    );
    const response = await fetch(`http://${address}/v1/metrics`);
    expect(response.headers.get("content-type")).toContain("version=0.0.4");
    const text = await response.text();
    expect(text).toContain("containerd_build_info_total{version=");
    expect(text).toContain("\ncontainerd_tasks 1\n");
    expect(text).toContain(
      'container_memory_usage_limit_bytes{container_id="counted",namespace="default",runtime="io.containerd.runc.v2"} 52428800\n',
    );
    expect(text).toContain(
      'container_pids_current{container_id="counted",namespace="default",runtime="io.containerd.runc.v2"} 1\n',
    );
    const call = 'grpc_method="Start",grpc_service="containerd.services.tasks.v1.Tasks",grpc_type="unary"';
    expect(text).toContain(`grpc_server_started_total{${call}} 1\n`);
    expect(text).toContain(`grpc_server_handled_total{grpc_code="OK",${call}} 1\n`);
    expect((await fetch(`http://${address}/metrics`)).status).toBe(404);
  });

  test("have the names, kinds and labels of stock's, but for what is Go's and CRI's", async () => {
    const other = `127.0.0.1:${freePort()}`;
    const stock = await startContainerd({ kind: "stock", config: `[metrics]\n  address = "${other}"\n` });
    try {
      const image = await importBusybox(stock);
      await stock.ok("run", "-d", "--null-io", image, "measured", "sleep", "1000");
      const families = async (host: string) => {
        const text = await (await fetch(`http://${host}/v1/metrics`)).text();
        const labels = (name: string) => {
          const found = new RegExp(`^${name}\\{(.*)\\} `, "m").exec(text)?.[1] ?? "";
          return found
            .replaceAll(/="[^"]*"/g, "")
            .split(",")
            .sort()
            .join();
        };
        return [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)]
          .map(([, name, type]) => `${name} ${type} ${labels(name!)}`)
          .filter(
            (line) =>
              !/^(go_|promhttp_|containerd_cri_|process_virtual_memory_max|container_blkio)/.test(line),
          );
      };
      const ours = await families(address);
      expect((await families(other)).filter((line) => !ours.includes(line))).toEqual([]);
    } finally {
      await stock.stop();
    }
  });
});
