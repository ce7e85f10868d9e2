/**
 * `bun bench/images.ts [LAYERS [MEGABYTES [ROUNDS]]]`: image work by our dockerd and stock Docker 20.10, the same stock
 * client on both, side by side in one run: time, the daemon's greatest memory, and how quickly it answered meanwhile.
 * PEQUOD_BIN names the folder of our programs.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { type RunningEngine, startChain } from "../hack/lib/chain.ts";
import { STOCK_CLIENT, startStockEngine } from "../hack/lib/stock-engine.ts";
import { startRegistry } from "../test/lib/registry.ts";
import { median } from "./lib/compare.ts";
import { familyOf, megabytes, privateBytes } from "./lib/memory.ts";
import { writeRealImage } from "./lib/real-image.ts";

const [LAYERS = 20, SIZE = 600, ROUNDS = 3] = process.argv.slice(2).map(Number);
const BIN = process.env["PEQUOD_BIN"] ?? resolve(import.meta.dir, "../bundles/latest/binary-daemon");
const PING_MS = 10;

type Side = "ours" | "stock";

/** What was seen while an engine worked. */
interface Watched {
  milliseconds: number;
  megabytes: number;
  /** 99th percentile of the time that a ping took, milliseconds. */
  ping: number;
}

function ping(socketPath: string): Promise<number> {
  const start = performance.now();
  return new Promise((done, fail) => {
    const asked = request({ socketPath, path: "/_ping", agent: false }, (answer) => {
      answer.resume();
      answer.on("end", () => done(performance.now() - start));
    });
    asked.on("error", fail);
    asked.end();
  });
}

async function watch(engine: RunningEngine, work: () => Promise<void>): Promise<Watched> {
  const pings: number[] = [];
  let most = 0;
  let working = true;
  const observing = (async () => {
    while (working) {
      pings.push(await ping(engine.host.slice("unix://".length)));
      most = Math.max(
        most,
        familyOf(engine.dockerd.pid).reduce((sum, pid) => sum + privateBytes(pid), 0),
      );
      await Bun.sleep(PING_MS);
    }
  })();
  const start = performance.now();
  await work();
  const time = performance.now() - start;
  working = false;
  await observing;
  pings.sort((a, b) => a - b);
  return {
    milliseconds: time,
    megabytes: megabytes(most),
    ping: pings[Math.floor(pings.length * 0.99)] ?? 0,
  };
}

const folder = mkdtempSync(join(tmpdir(), "pequod-bench-images-"));
const registry = await startRegistry();
for (const side of ["ours", "stock"]) mkdirSync(join(folder, side));
const flags = ["--bridge=none", "--iptables=false"];
const engines: Record<Side, RunningEngine> = {
  ours: await startChain({ folder: join(folder, "ours"), client: STOCK_CLIENT, daemonPrograms: BIN, flags }),
  stock: await startStockEngine({ folder: join(folder, "stock"), flags: [...flags, "-s", "overlay2"] }),
};

async function docker(side: Side, ...args: string[]): Promise<void> {
  const env = { ...process.env, DOCKER_HOST: engines[side].host, HOME: join(folder, side, "home") };
  const child = Bun.spawn([STOCK_CLIENT, ...args], {
    env,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const [code, words] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  if (code !== 0) throw new Error(`${side}: docker ${args.join(" ")}: exit code ${code}\n${words}`);
}

const shown = (value: number, width: number) => value.toFixed(0).padStart(width);

/** Does the work on both sides in turn, and prints medians, and the worst memory and ping. */
async function compare(
  name: string,
  work: (side: Side) => Promise<void>,
  after?: (side: Side) => Promise<void>,
) {
  const seen: Record<Side, Watched[]> = { ours: [], stock: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const side of ["ours", "stock"] as const) {
      seen[side].push(await watch(engines[side], () => work(side)));
      await after?.(side);
    }
  }
  const of = (side: Side, key: keyof Watched) => seen[side].map((one) => one[key]);
  const [ours, stock] = [median(of("ours", "milliseconds")), median(of("stock", "milliseconds"))];
  const worst = (key: keyof Watched) =>
    `${shown(Math.max(...of("ours", key)), 6)}${shown(Math.max(...of("stock", key)), 6)}`;
  console.log(
    `${name.padEnd(20)}${shown(ours, 8)}${shown(stock, 8)}${(ours / stock).toFixed(2).padStart(7)}   ${worst("megabytes")}   ${worst("ping")}`,
  );
}

try {
  const archive = writeRealImage(folder, LAYERS, SIZE);
  writeBusyboxImage(join(folder, "busybox.tar"));
  const rootfs = join(folder, "rootfs.tar");
  Bun.spawnSync(["tar", "-C", "/usr/lib", "-cf", rootfs, "x86_64-linux-gnu"]);
  console.log(`${LAYERS} layers, ${SIZE} MB; ${ROUNDS} rounds; milliseconds, MB, ping 99th percentile in ms`);
  console.log(`${"".padEnd(20)}    ours   stock  ratio   MB ours stock   ping ours stock`);
  const name = (side: Side) => `${registry.host}/${side}/real`;
  const gone = (side: Side) => docker(side, "rmi", "-f", "real");
  await compare("load", (side) => docker(side, "load", "-q", "-i", archive), gone);
  for (const side of ["ours", "stock"] as const) {
    await docker(side, "load", "-q", "-i", archive);
    await docker(side, "load", "-q", "-i", join(folder, "busybox.tar"));
    await docker(side, "tag", "real", name(side));
  }
  await compare("save", (side) => docker(side, "save", "-o", join(folder, "saved.tar"), "real"));
  let pushes = 0;
  await compare("push", (side) => {
    const target = `${name(side)}${pushes++}`;
    return docker(side, "tag", "real", target).then(() => docker(side, "push", "-q", target));
  });
  for (const side of ["ours", "stock"] as const) await docker(side, "push", "-q", name(side));
  const images = (side: Side) => docker(side, "image", "prune", "-af");
  await compare("rmi", images, async (side) => void (await docker(side, "pull", "-q", name(side))));
  for (const side of ["ours", "stock"] as const) await images(side);
  await compare("pull", (side) => docker(side, "pull", "-q", name(side)), images);
  await compare("import", (side) => docker(side, "import", rootfs, "imported"), images);
  for (const side of ["ours", "stock"] as const) {
    await docker(side, "load", "-q", "-i", join(folder, "busybox.tar"));
    await docker(side, "create", "--name", "box", "busybox");
    const big = join(folder, "200MB");
    writeFileSync(big, Buffer.concat([readFileSync(rootfs)]).subarray(0, 200e6));
    await docker(side, "cp", big, "box:/big");
  }
  await compare("commit of 200 MB", (side) => docker(side, "commit", "box", "committed"));
} finally {
  await engines.ours.stop();
  await engines.stock.stop();
  await registry.stop();
  rmSync(folder, { recursive: true, force: true });
}
