/**
 * `make bench`: our chain with our client against stock Docker 20.10 with its own, side by side in one run. Each row
 * gives medians and the ratio ours / stock.
 */
import { type Comparison, compareTimes, printHead, printRow, type Rounds } from "./lib/compare.ts";
import { type BenchEngine, type BenchEngines, startBoth } from "./lib/engines.ts";
import { writeLargeImage } from "./lib/large-image.ts";
import { familyOf, megabytes, privateBytes, processesNaming } from "./lib/memory.ts";

const PARALLEL = 20;
const RUNNING = 20;
const LAYER_MB = 120;

type Work = (engine: BenchEngine) => Promise<void>;

function both(engines: BenchEngines, name: string, work: Work, rounds: Rounds = {}): Promise<Comparison> {
  return compareTimes(name, { ours: () => work(engines.ours), stock: () => work(engines.stock) }, rounds);
}

const run =
  (...options: string[]): Work =>
  (engine) =>
    engine.ok("run", "--rm", ...options, "busybox", "true");

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

const runDetached = (engine: BenchEngine, name: string) =>
  engine.ok("run", "-d", "--name", name, "busybox", "sleep", "1000");

function compareParallel(engines: BenchEngines): Promise<Comparison> {
  const names = numbered("parallel", PARALLEL);
  const work: Work = async (engine) => {
    await Promise.all(names.map((name) => runDetached(engine, name)));
  };
  const after = (side: "ours" | "stock") => engines[side].ok("rm", "-f", ...names);
  return both(engines, `${PARALLEL} parallel detached runs, bridged`, work, { rounds: 3, after });
}

async function compareExec(engines: BenchEngines): Promise<Comparison> {
  const sides = [engines.ours, engines.stock];
  for (const engine of sides) await runDetached(engine, "target");
  const work: Work = (engine) => engine.ok("exec", "target", "true");
  const result = await both(engines, "exec true", work, { rounds: 11 });
  for (const engine of sides) await engine.ok("rm", "-f", "target");
  return result;
}

function compareLoad(engines: BenchEngines): Promise<Comparison> {
  const archive = writeLargeImage(engines.folder, LAYER_MB);
  const work: Work = (engine) => engine.ok("load", "-i", archive);
  const after = (side: "ours" | "stock") => engines[side].ok("rmi", "large");
  return both(engines, `load of a ${LAYER_MB} MB image`, work, { rounds: 3, after });
}

function daemonsMB({ dockerd, folder }: BenchEngine): number {
  const pids = new Set([...familyOf(dockerd.pid), ...processesNaming(folder, "containerd.sock")]);
  return megabytes([...pids].reduce((sum, pid) => sum + privateBytes(pid), 0));
}

/** Private memory of all processes of an engine, the containers' own excepted. */
function chainMB(engine: BenchEngine): number {
  const pids = new Set([...familyOf(engine.dockerd.pid), ...processesNaming(engine.folder)]);
  return megabytes([...pids].reduce((sum, pid) => sum + privateBytes(pid), 0));
}

/** Both sides have come to rest after this. */
const REST_MS = 12_000;

async function compareMemory(engines: BenchEngines): Promise<Comparison[]> {
  await Bun.sleep(REST_MS);
  const sides = ["ours", "stock"] as const;
  const rest = { ours: daemonsMB(engines.ours), stock: daemonsMB(engines.stock) };
  const each = { ours: 0, stock: 0 };
  for (const side of sides) {
    const engine = engines[side];
    const before = chainMB(engine);
    const names = numbered("idle", RUNNING);
    for (const name of names) await runDetached(engine, name);
    await Bun.sleep(REST_MS);
    each[side] = (chainMB(engine) - before) / RUNNING;
    await engine.ok("rm", "-f", ...names);
  }
  return [
    { name: "private memory of the daemons at rest", ...rest, unit: "MB" },
    { name: "private memory of the chain per container", ...each, unit: "MB" },
  ];
}

const engines = await startBoth();
try {
  printHead();
  const rest = await compareMemory(engines);
  printRow(await both(engines, "run --rm, without network", run("--network", "none")));
  printRow(await both(engines, "run --rm, bridged", run()));
  printRow(await both(engines, "run --rm, bridged, with a published port", run("-p", "8080:80")));
  printRow(await compareParallel(engines));
  printRow(await compareExec(engines));
  printRow(await compareLoad(engines));
  for (const row of rest) printRow(row);
} finally {
  await engines.stop();
}
