/**
 * `make build-mirrors`: runs `make build` where there is no network but loopback, on which there is a mirror and a proxy
 * (hack/lib/relay.ts). Once with APT_MIRROR and NPM_MIRROR, once with HTTP_PROXY and HTTPS_PROXY: whatever would ask
 * anybody else finds nobody, and the build fails. Prints what was asked of whom.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { startChain } from "./lib/chain.ts";
import { startRelay } from "./lib/relay.ts";

const ROOT = resolve(import.meta.dir, "..");
const BASE = process.env["BASE_ARCHIVE"] ?? join(ROOT, ".build/base-image.tar");
const BUNDLE = join(ROOT, "bundles/latest");
const PORT = 8099;
const URL = `http://127.0.0.1:${PORT}`;
const CASES: Record<string, string[]> = {
  mirrors: [`APT_MIRROR=${URL}/debian`, `NPM_MIRROR=${URL}/npm/`],
  proxy: [`HTTP_PROXY=${URL}`, `HTTPS_PROXY=${URL}`],
};

/** In a network of its own: an engine, and the mirror's port. */
async function inside(work: string, relay: string, name: string): Promise<void> {
  Bun.spawnSync(["ip", "link", "set", "lo", "up"]);
  const listen = `TCP-LISTEN:${PORT},bind=127.0.0.1,backlog=128,fork,reuseaddr`;
  const port = Bun.spawn(["socat", "-t", "60", listen, `UNIX-CONNECT:${relay}`], { stderr: "ignore" });
  const client = join(BUNDLE, "binary-client/docker");
  const folder = join(work, name);
  mkdirSync(folder);
  const chain = await startChain({
    folder,
    client,
    daemonPrograms: join(BUNDLE, "binary-daemon"),
    flags: ["--bridge=none", "--iptables=false"],
  });
  try {
    const loaded = chain.docker("load", "-i", BASE);
    if (loaded.code !== 0) throw new Error(loaded.output);
    const settings = ["BASE_IMAGE=pequod-base:latest", "TARGET=build-deps", "BUILD_NETWORK=host"];
    const make = Bun.spawnSync(["make", "build", `DOCKER=${client}`, ...settings, ...CASES[name]!], {
      cwd: ROOT,
      env: { PATH: process.env["PATH"], HOME: join(folder, "home"), DOCKER_HOST: chain.host },
      stdio: ["ignore", "inherit", "inherit"],
    });
    process.exitCode = make.exitCode;
  } finally {
    await chain.stop();
    port.kill();
  }
}

async function outside(wanted: string[]): Promise<void> {
  for (const path of [BUNDLE, BASE]) if (!existsSync(path)) throw new Error(`${path} is not there`);
  const work = mkdtempSync("/tmp/pequod-mirrors-");
  const socket = join(work, "relay.sock");
  const relay = await startRelay(socket, URL);
  try {
    for (const name of wanted) {
      relay.counts.clear();
      const own = ["unshare", "--net", "--mount", "--propagation", "slave", "--"];
      const child = Bun.spawn([...own, process.execPath, import.meta.path, "--inside", work, socket, name], {
        stdio: ["ignore", "inherit", "inherit"],
      });
      const code = await child.exited;
      console.log(`\n${name}: exit code ${code}; asked:`);
      for (const [what, times] of [...relay.counts].sort()) console.log(`  ${what}: ${times}`);
      if (code !== 0) process.exitCode = 1;
    }
  } finally {
    relay.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

const [flag, work = "", socket = "", name = ""] = process.argv.slice(2);
await (flag === "--inside" ? inside(work, socket, name) : outside(flag ? [flag] : Object.keys(CASES)));
