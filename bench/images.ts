/**
 * `bun bench/images.ts [--layers N] [--megabytes N] [--rounds N] [--podman] [STEP ...]`: image work by our dockerd and
 * stock Docker 20.10, the same stock client on both, side by side in one run; with --podman also by podman. A line a
 * step (load, save, push, pull, resume, rmi, import, commit): medians of time and processor time, and the greatest memory
 * of the daemon; then how quickly it answered meanwhile (the median, the 99th percentile and the longest), and how long
 * our event loop was held up at most by its own doing. Data roots are on an ext4 in memory, which no other work on the
 * machine disturbs, or with --disk in TMPDIR. PEQUOD_BIN names the folder of our programs.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { type RunningEngine, startChain } from "../hack/lib/chain.ts";
import { STOCK_CLIENT, startStockEngine } from "../hack/lib/stock-engine.ts";
import { startRegistry } from "../test/lib/registry.ts";
import { median } from "./lib/compare.ts";
import { startCutFront } from "./lib/cut.ts";
import { heldUpIn, LEAST_MS } from "./lib/held-up.ts";
import { mountMemoryDisk } from "./lib/memory-disk.ts";
import { writeRealImage } from "./lib/real-image.ts";
import { percentile, type Watched, watch } from "./lib/watch.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    layers: { type: "string", default: "20" },
    megabytes: { type: "string", default: "600" },
    rounds: { type: "string", default: "3" },
    podman: { type: "boolean", default: false },
    disk: { type: "boolean", default: false },
  },
});
const [LAYERS, SIZE, ROUNDS] = [values.layers, values.megabytes, values.rounds].map(Number) as [
  number,
  number,
  number,
];
const BIN = process.env["PEQUOD_BIN"] ?? resolve(import.meta.dir, "../bundles/latest/binary-daemon");

type Side = "ours" | "stock";
const SIDES = ["ours", "stock"] as const;

const folder = mkdtempSync(join(tmpdir(), "pequod-bench-images-"));
// Not on the disk that the work keeps busy: a daemon waits for each line that it logs.
const logs = mkdtempSync(join(tmpdir(), "pequod-bench-logs-"));
const unmount = values.disk ? async () => {} : mountMemoryDisk(folder);
const registry = await startRegistry();
const front = startCutFront(registry.host);
for (const side of SIDES) mkdirSync(join(folder, side));
process.env["PEQUOD_LOOP_DELAY"] ??= String(LEAST_MS);
const flags = ["--bridge=none", "--iptables=false", "--insecure-registry=127.0.0.0/8"];
const engines: Record<Side, RunningEngine> = {
  ours: await startChain({
    folder: join(folder, "ours"),
    logs,
    client: STOCK_CLIENT,
    daemonPrograms: BIN,
    flags,
    debug: false,
  }),
  stock: await startStockEngine({ folder: join(folder, "stock"), logs, flags: [...flags, "-s", "overlay2"] }),
};

const heldUp = heldUpIn(join(logs, "dockerd.log"));

async function run(command: string[], env: Record<string, string>): Promise<void> {
  const child = Bun.spawn(command, {
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const [code, words] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  if (code !== 0) throw new Error(`${command.join(" ")}: exit code ${code}\n${words}`);
}

const home = (side: Side) => ({ DOCKER_HOST: engines[side].host, HOME: join(folder, side, "home") });
const docker = (side: Side, ...args: string[]) => run([STOCK_CLIENT, ...args], home(side));
const podman = (...args: string[]) =>
  run(["podman", "--root", join(folder, "podman"), "--runroot", join(folder, "podman-run"), ...args], {});

interface Step {
  /** What is timed. */
  work(side: Side, round: number): Promise<void>;
  /** Makes ready, not timed. */
  before?(side: Side): Promise<void>;
  /** Cleans up, not timed. */
  after?(side: Side): Promise<void>;
  /** The same by podman, if it can. */
  podman?: { before?: string[]; work: string[]; after?: string[] };
}

const shown = (value: number, width: number) => value.toFixed(0).padStart(width);

async function podmanTime({ before, work, after }: NonNullable<Step["podman"]>): Promise<number> {
  if (before) await podman(...before);
  // Podman does not write over an archive.
  rmSync(`${saved}.podman`, { force: true });
  const start = performance.now();
  await podman(...work);
  const time = performance.now() - start;
  if (after) await podman(...after);
  return time;
}

/** Does a step on all sides in turn, and prints its line. */
async function compare(name: string, step: Step): Promise<void> {
  const seen: Record<Side, Watched[]> = { ours: [], stock: [] };
  const podmanTimes: number[] = [];
  heldUp();
  for (let round = 0; round < ROUNDS; round++) {
    for (const side of SIDES) {
      await step.before?.(side);
      const daemon = { pid: engines[side].dockerd.pid, socket: engines[side].host.slice("unix://".length) };
      seen[side].push(await watch(daemon, () => step.work(side, round)));
      await step.after?.(side);
    }
    if (values.podman && step.podman) podmanTimes.push(await podmanTime(step.podman));
  }
  const middle = (side: Side, key: "milliseconds" | "processor") => median(seen[side].map((one) => one[key]));
  const ratio = (key: "milliseconds" | "processor") =>
    (middle("ours", key) / middle("stock", key)).toFixed(2);
  const pair = (of: (all: Watched[]) => number) => `${shown(of(seen.ours), 7)}${shown(of(seen.stock), 6)}`;
  console.log(
    [
      name.padEnd(8),
      shown(middle("ours", "milliseconds"), 7),
      shown(middle("stock", "milliseconds"), 7),
      ratio("milliseconds").padStart(6),
      podmanTimes.length > 0 ? shown(median(podmanTimes), 8) : "-".padStart(8),
      "  ",
      shown(middle("ours", "processor"), 7),
      shown(middle("stock", "processor"), 7),
      ratio("processor").padStart(6),
      pair((all) => Math.max(...all.map((one) => one.megabytes))),
    ].join(""),
  );
  lateness.push(latenessLine(name, seen, heldUp()));
}

/** How late answers were, a line a step. */
const lateness: string[] = [];

function latenessLine(name: string, seen: Record<Side, Watched[]>, held: number[]): string {
  const late = (side: Side, key: "pings" | "lists") => {
    const all = seen[side].flatMap((one) => one[key]);
    return [0.5, 0.99, 1].map((share) => percentile(all, share).toFixed(1).padStart(7)).join("");
  };
  const columns = (["pings", "lists"] as const).flatMap((key) => SIDES.map((side) => late(side, key)));
  return [name.padEnd(8), ...columns, shown(Math.max(0, ...held), 8)].join("  ");
}

const archive = writeRealImage(folder, LAYERS, SIZE);
const remote = `${registry.host}/bench/real`;
const cut = `${front.host}/bench/real`;
const saved = join(folder, "saved.tar");
const rootfs = join(folder, "rootfs.tar");
const none = (side: Side) => docker(side, "image", "prune", "-af");
const loaded = (side: Side) => docker(side, "load", "-q", "-i", archive);
const target = (side: string, round: number) => `${registry.host}/${side}/real${round}`;
let compressed = 0;

/** A pull that is given up when half of the bytes are there. */
async function pullHalf(side: Side): Promise<void> {
  front.limit(compressed / 2);
  const child = Bun.spawn([STOCK_CLIENT, "pull", "-q", cut], {
    env: { ...process.env, ...home(side) },
    stdout: "ignore",
    stderr: "ignore",
  });
  await front.reached();
  child.kill("SIGINT");
  await child.exited;
  front.limit(undefined);
}

/** A container that has written 200 MB. */
async function boxOf200(side: Side): Promise<void> {
  const [busybox, big] = [join(folder, "busybox.tar"), join(folder, "200MB")];
  writeBusyboxImage(busybox);
  writeFileSync(big, readFileSync(rootfs).subarray(0, 200e6));
  await docker(side, "load", "-q", "-i", busybox);
  await docker(side, "create", "--name", "box", "busybox");
  await docker(side, "cp", big, "box:/big");
}

const plain = "--tls-verify=false";
const STEPS: Record<string, Step> = {
  load: {
    work: loaded,
    after: none,
    podman: { work: ["load", "-q", "-i", archive], after: ["rmi", "-af"] },
  },
  save: {
    before: loaded,
    work: (side) => docker(side, "save", "-o", saved, "real"),
    after: none,
    podman: {
      before: ["load", "-q", "-i", archive],
      work: ["save", "-q", "-o", `${saved}.podman`, "real"],
      after: ["rmi", "-af"],
    },
  },
  push: {
    before: loaded,
    async work(side, round) {
      await docker(side, "tag", "real", target(side, round));
      await docker(side, "push", "-q", target(side, round));
    },
    after: none,
    podman: {
      before: ["load", "-q", "-i", archive],
      work: ["push", "-q", plain, "real", target("podman", 0)],
      after: ["rmi", "-af"],
    },
  },
  pull: {
    work: (side) => docker(side, "pull", "-q", remote),
    after: none,
    podman: { work: ["pull", "-q", plain, remote], after: ["rmi", "-af"] },
  },
  resume: { before: pullHalf, work: (side) => docker(side, "pull", "-q", cut), after: none },
  rmi: { before: loaded, work: (side) => docker(side, "rmi", "real") },
  import: { work: (side) => docker(side, "import", rootfs, "imported"), after: none },
  commit: { work: (side) => docker(side, "commit", "box", "committed") },
};

try {
  Bun.spawnSync(["tar", "-C", "/usr/lib", "-cf", rootfs, "x86_64-linux-gnu"]);
  await registry.skopeo(
    ...["copy", "-q", "--dest-tls-verify=false", `docker-archive:${archive}`, `docker://${remote}`],
  );
  const manifest = JSON.parse(
    await registry.skopeo("inspect", "--raw", "--tls-verify=false", `docker://${remote}`),
  ) as { layers: { size: number }[] };
  compressed = manifest.layers.reduce((sum, { size }) => sum + size, 0);
  console.log(
    `${LAYERS} layers, ${Math.round(statSync(archive).size / 1e6)} MB, ${Math.round(compressed / 1e6)} MB packed; ${ROUNDS} rounds`,
  );
  console.log("           time (ms)                           processor (ms)       memory (MB)");
  console.log("           ours  stock ratio  podman     ours  stock ratio   ours stock");
  for (const [name, step] of Object.entries(STEPS)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    if (name === "commit") for (const side of SIDES) await boxOf200(side);
    await compare(name, step);
  }
  const three = "  50%    99%    max";
  console.log(
    `\nanswers meanwhile (ms); our loop held up (ms)\n${" ".repeat(10)}${["ping, ours", "ping, stock", "ps, ours", "ps, stock"].map((text) => text.padStart(21)).join("  ")}  held up\n${" ".repeat(10)}${Array(4).fill(three.padStart(21)).join("  ")}      max`,
  );
  for (const line of lateness) console.log(line);
} finally {
  for (const side of SIDES) await engines[side].stop();
  front.stop();
  await registry.stop();
  await unmount();
  for (const each of [folder, logs]) rmSync(each, { recursive: true, force: true });
}
