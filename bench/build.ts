/**
 * `make bench-build`: our builder with our client against stock 20.10's classic builder with its own, side by side. Each
 * row gives medians and the ratio ours / stock.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Comparison, compareTimes, printHead, printRow, type Rounds } from "./lib/compare.ts";
import { type BenchEngine, type BenchEngines, startBoth } from "./lib/engines.ts";
import { familyOf, megabytes, privateBytes } from "./lib/memory.ts";

const FILES = 5000;
const FILE_BYTES = 10_000;

function context(folder: string, dockerfile: string): string {
  const path = mkdtempSync(join(folder, "context-"));
  writeFileSync(join(path, "Dockerfile"), dockerfile);
  return path;
}

/** Twenty steps, of which four run something. */
function twentySteps(): string {
  const lines = ["FROM busybox"];
  for (let i = 1; i <= 4; i++) {
    lines.push(
      `RUN echo ${i} > /file${i}`,
      `ENV V${i}=${i}`,
      `LABEL l${i}=${i}`,
      `COPY Dockerfile /copy${i}`,
    );
  }
  lines.push("WORKDIR /work", "EXPOSE 80", "CMD true");
  return `${lines.join("\n")}\n`;
}

function largeContext(folder: string): string {
  const path = context(folder, "FROM busybox\nCOPY . /all\n");
  for (let i = 0; i < FILES; i++) {
    const sub = join(path, `d${i % 50}`);
    if (i < 50) mkdirSync(sub);
    writeFileSync(join(sub, `f${i}`), crypto.getRandomValues(new Uint8Array(FILE_BYTES)));
  }
  return path;
}

const BRANCHES = `FROM busybox AS a
RUN i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo a > /a
FROM busybox AS b
RUN i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo b > /b
FROM busybox
COPY --from=a /a /a
COPY --from=b /b /b
`;

function compareBuilds(
  engines: BenchEngines,
  name: string,
  path: string,
  options: string[],
  rounds: Rounds,
): Promise<Comparison> {
  const build = (engine: BenchEngine) => engine.ok("build", "-q", ...options, path);
  return compareTimes(name, { ours: () => build(engines.ours), stock: () => build(engines.stock) }, rounds);
}

/** Of the daemon alone; images and builds are its own work. */
const daemonMB = ({ dockerd }: BenchEngine): number =>
  megabytes(familyOf(dockerd.pid).reduce((sum, pid) => sum + privateBytes(pid), 0));

const engines = await startBoth();
try {
  const { folder } = engines;
  const steps = context(folder, twentySteps());
  const large = largeContext(folder);
  const branches = context(folder, BRANCHES);
  const few = { rounds: 3 };
  printHead();
  printRow(await compareBuilds(engines, "20 steps, cold", steps, ["--no-cache"], few));
  printRow(await compareBuilds(engines, "20 steps, cached", steps, [], { rounds: 7 }));
  printRow(await compareBuilds(engines, `${FILES} files, 50 MB, cold`, large, ["--no-cache"], few));
  printRow(await compareBuilds(engines, `${FILES} files, 50 MB, cached`, large, [], few));
  printRow(await compareBuilds(engines, "two branches, cold", branches, ["--no-cache"], few));
  const [ours, stock] = [daemonMB(engines.ours), daemonMB(engines.stock)];
  printRow({ name: "dockerd after that, private", ours, stock, unit: "MB" });
} finally {
  await engines.stop();
}
