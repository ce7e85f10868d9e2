/**
 * `make bench-api`: the API under load, our chain and stock Docker 20.10 in turn, driven by the same requests.
 *
 *   bun bench/api.ts [--containers 100] [--clients 50] [--creates 500] [--execs 200] [--log-mb 500] [--rounds 1]
 *
 * Prints throughput, the 99th percentile of the latency, and the most private memory that dockerd had. An event or a
 * line of a log that is lost or doubled ends it with an error.
 */
import { parseArgs } from "node:util";
import { ApiLoad } from "./lib/api-load.ts";
import { median } from "./lib/compare.ts";
import { type BenchEngine, startBoth } from "./lib/engines.ts";
import { megabytes, privateBytes } from "./lib/memory.ts";

const { values } = parseArgs({
  options: {
    containers: { type: "string", default: "100" },
    clients: { type: "string", default: "50" },
    creates: { type: "string", default: "500" },
    execs: { type: "string", default: "200" },
    "log-mb": { type: "string", default: "500" },
    rounds: { type: "string", default: "1" },
  },
});
const size = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)]));

/** Name of the row → what a side had, round by round. */
type Rows = Map<string, Record<"ours" | "stock", number[]>>;
const rows: Rows = new Map();

function note(side: "ours" | "stock", name: string, value: number): void {
  const row = rows.get(name) ?? { ours: [], stock: [] };
  row[side].push(value);
  rows.set(name, row);
}

function watchMemory(pid: number): () => number {
  let most = privateBytes(pid);
  const timer = setInterval(() => {
    most = Math.max(most, privateBytes(pid));
  }, 100);
  return () => {
    clearInterval(timer);
    return megabytes(most);
  };
}

/** dockerd itself, behind whatever gave it a network of its own. */
const daemonOf = ({ dockerd }: BenchEngine) => dockerd.pid;

async function measure(side: "ours" | "stock", engine: BenchEngine): Promise<void> {
  const load = new ApiLoad(engine.host);
  const phase = async (name: string, work: () => Promise<number>) => {
    load.latencies.length = 0;
    const peak = watchMemory(daemonOf(engine));
    const start = performance.now();
    const count = await work();
    const seconds = (performance.now() - start) / 1000;
    note(side, `${name}, per second`, count / seconds);
    note(side, `${name}, p99 in ms`, load.percentile(0.99));
    note(side, `${name}, dockerd's private MB at most`, peak());
  };
  const events = await load.followEvents(size["clients"]!);
  const ids = await load.startContainers(size["containers"]!);
  await phase("list and inspect", () => load.look(ids));
  await phase("create and remove", () => load.createAndRemove(size["creates"]!));
  await phase("concurrent execs", () => load.execs(ids[0]!, size["execs"]!));
  await load.removeAll(ids);
  await events.check(size["containers"]!, size["creates"]!);
  await phase("log to three clients, MB", () => load.followLog(size["log-mb"]!, 3));
}

const engines = await startBoth();
try {
  for (let round = 0; round < size["rounds"]!; round++) {
    await measure("ours", engines.ours);
    await measure("stock", engines.stock);
  }
  console.log(`${"".padEnd(44)}${"ours".padStart(12)}${"stock".padStart(12)}${"ratio".padStart(9)}`);
  for (const [name, { ours, stock }] of rows) {
    const [a, b] = [median(ours), median(stock)];
    console.log(
      `${name.padEnd(44)}${a.toFixed(1).padStart(12)}${b.toFixed(1).padStart(12)}${(a / b).toFixed(2).padStart(9)}`,
    );
  }
} finally {
  await engines.stop();
}
