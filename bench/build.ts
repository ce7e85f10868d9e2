/**
 * `make bench-build`: our builder with our client against stock 20.10's classic builder with its own, and against podman
 * build, side by side. Each row gives medians and the ratio of ours to the other's.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Comparison, compareTimes, printHead, printRow, type Rounds } from "./lib/compare.ts";
import { type BenchEngine, type BenchEngines, startBoth } from "./lib/engines.ts";
import { familyOf, megabytes, privateBytes } from "./lib/memory.ts";
import { openPodman, type Podman } from "./lib/podman.ts";

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

const twentyRuns = (): string =>
  `FROM busybox\n${Array.from({ length: 20 }, (_, i) => `RUN echo ${i} > /file${i}\n`).join("")}`;

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

/** In the host's network, which needs nothing of either side. */
function comparePodman(
  { ours }: BenchEngines,
  podman: Podman,
  name: string,
  path: string,
  options: string[],
): Promise<Comparison> {
  const common = ["build", "-q", "--network", "host", ...options];
  const sides = {
    ours: () => ours.ok(...common, path),
    stock: () => podman.ok(...common, "--layers", "--pull=never", path),
  };
  return compareTimes(name, sides, { rounds: 3 });
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
  const runs = context(folder, twentyRuns());
  printRow(await compareBuilds(engines, "20 commands, cold", runs, ["--no-cache"], few));
  printRow(await compareBuilds(engines, `${FILES} files, 50 MB, cold`, large, ["--no-cache"], few));
  printRow(await compareBuilds(engines, `${FILES} files, 50 MB, cached`, large, [], few));
  printRow(await compareBuilds(engines, "two branches, cold", branches, ["--no-cache"], few));
  const [ours, stock] = [daemonMB(engines.ours), daemonMB(engines.stock)];
  printRow({ name: "dockerd after that, private", ours, stock, unit: "MB" });
  const image = join(folder, "busybox.tar");
  const podman = await openPodman(join(folder, "podman"), image);
  if (podman) {
    printHead("podman");
    const compare = (name: string, path: string, options: string[]) =>
      comparePodman(engines, podman, name, path, options);
    printRow(await compare("20 steps, cold", steps, ["--no-cache"]));
    printRow(await compare("20 steps, cached", steps, []));
    printRow(await compare(`${FILES} files, 50 MB, cold`, large, ["--no-cache"]));
    printRow(await compare("two branches, cold", branches, ["--no-cache"]));
  }
} finally {
  await engines.stop();
}
