/**
 * `make bench-containerd`: docker-containerd, its shim and docker-runc against stock containerd 1.6, its shim and runc,
 * over gRPC, side by side. Each row gives medians and the ratio ours / stock.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { layBusyboxRoot } from "../hack/lib/busybox-image.ts";
import { DEFAULT_CAPABILITIES, makeSpec } from "../src/ctr/run/spec.ts";
import { type Channel, connect, createClient } from "../src/grpc/client.ts";
import { Options } from "../src/proto/containerd/runc/v1/options.ts";
import { ContainersDefinition } from "../src/proto/containerd/services/containers/v1/containers.ts";
import { TasksDefinition } from "../src/proto/containerd/services/tasks/v1/tasks.ts";
import { startContainerd, type TestContainerd } from "../test/lib/containerd.ts";
import { type Comparison, compareTimes, median, printHead, printRow } from "./lib/compare.ts";
import { ExitEvents } from "./lib/exit-event.ts";
import { processesNaming } from "./lib/memory.ts";

const PARALLEL = 50;
const BIN = resolve(process.env["PEQUOD_BIN"] ?? ".build/bin");
const SPEC_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Spec";
const call = { namespace: "bench" };

let count = 0;

class Side {
  readonly #channel: Channel;
  readonly #runtime: string;
  readonly #rootfs: string;
  readonly daemon: TestContainerd;

  constructor(daemon: TestContainerd, runtime: string, rootfs: string) {
    this.daemon = daemon;
    this.#channel = connect(daemon.socket);
    this.#runtime = runtime;
    this.#rootfs = rootfs;
  }

  get #tasks() {
    return createClient(TasksDefinition, this.#channel);
  }

  get #containers() {
    return createClient(ContainersDefinition, this.#channel);
  }

  /** Creates and starts a container; resolves to its id and pid. */
  async start(...args: string[]): Promise<{ id: string; pid: number }> {
    const id = `b${count++}`;
    const spec = makeSpec({
      ...{
        id,
        namespace: "default",
        rootfs: this.#rootfs,
        args,
        env: [],
        cwd: "/",
        user: "",
        mounts: [],
        memory: undefined,
      },
      ...{ terminal: false, readonly: true, hostNetwork: false, privileged: false },
      capabilities: DEFAULT_CAPABILITIES,
    });
    const value = Options.encode({ binaryName: this.#runtime });
    const container = {
      id,
      runtime: {
        name: "io.containerd.runc.v2",
        options: { typeUrl: "containerd.runc.v1.Options", value },
      },
      spec: { typeUrl: SPEC_TYPE, value: Buffer.from(JSON.stringify(spec)) },
    };
    await this.#containers.create({ container }, call);
    await this.#tasks.create({ containerId: id }, call);
    const { pid } = await this.#tasks.start({ containerId: id }, call);
    return { id, pid };
  }

  async finish(id: string): Promise<void> {
    await this.#tasks.wait({ containerId: id }, call);
    await this.#tasks.delete({ containerId: id }, call);
    await this.#containers.delete({ id }, call);
  }

  async kill(id: string): Promise<void> {
    await this.#tasks.kill({ containerId: id, signal: 9 }, call);
    await this.finish(id);
  }

  async whole(): Promise<void> {
    const { id } = await this.start("/bin/true");
    await this.finish(id);
  }

  /** Milliseconds from a process's end to its event. */
  async exitLateness(): Promise<number> {
    const { id, pid } = await this.start("/bin/sleep", "1000");
    const events = new ExitEvents(this.daemon.socket);
    // Nothing tells when the subscription stands.
    await Bun.sleep(50);
    const lateness = events.lateness(pid);
    events.close();
    await this.finish(id);
    return lateness;
  }

  close(): void {
    this.#channel.close();
  }
}

const privateKilobytes = (pid: number): number =>
  [
    ...readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm),
  ].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0);

/** Private memory of all shims of a side for each running container, in MB. */
async function shimMemory(side: Side, program: string): Promise<number> {
  const running = await Promise.all(Array.from({ length: PARALLEL }, () => side.start("/bin/sleep", "1000")));
  // Shims give memory back, and those of former containers end, once they have been left alone for a moment.
  await Bun.sleep(8000);
  const shims = processesNaming(program, side.daemon.folder);
  const total = shims.reduce((sum, pid) => sum + privateKilobytes(pid), 0);
  for (const { id } of running) await side.kill(id);
  return total / 1024 / PARALLEL;
}

/** Compares how late events of exits are, of both sides in turn. */
async function compareLateness(ours: Side, stock: Side): Promise<Comparison> {
  const all = { ours: [] as number[], stock: [] as number[] };
  for (let round = 0; round < 15; round++) {
    all.ours.push(await ours.exitLateness());
    all.stock.push(await stock.exitLateness());
  }
  const name = "from a process's end to its event";
  return { name, ours: median(all.ours), stock: median(all.stock), unit: "ms" };
}

const folder = mkdtempSync("/tmp/pequod-bench-");
const rootfs = join(folder, "rootfs");
mkdirSync(rootfs);
layBusyboxRoot(rootfs);
for (const name of ["proc", "sys", "dev", "run"]) mkdirSync(join(rootfs, name), { recursive: true });
const runc = Bun.which("runc") ?? "/usr/sbin/runc";
const daemons = { ours: await startContainerd(), stock: await startContainerd({ kind: "stock" }) };
const ours = new Side(daemons.ours, join(BIN, "docker-runc"), rootfs);
const stock = new Side(daemons.stock, runc, rootfs);
const oursRunc = new Side(daemons.ours, runc, rootfs);
try {
  printHead();
  const many = (side: Side) =>
    Promise.all(Array.from({ length: PARALLEL }, () => side.whole())).then(() => {});
  printRow(
    await compareTimes(
      "create, start, wait, delete",
      { ours: () => ours.whole(), stock: () => stock.whole() },
      { rounds: 15 },
    ),
  );
  printRow(
    await compareTimes(
      `the same, ${PARALLEL} at once`,
      { ours: () => many(ours), stock: () => many(stock) },
      { rounds: 3 },
    ),
  );
  printRow(await compareLateness(ours, stock));
  printRow({
    name: `private memory of shims, a container of ${PARALLEL}`,
    ours: await shimMemory(ours, "docker-containerd-shim"),
    stock: await shimMemory(stock, "containerd-shim-runc-v2"),
    unit: "MB",
  });
  ours.close();
  printRow(
    await compareTimes(
      "create, start, wait, delete; ours with runc",
      { ours: () => oursRunc.whole(), stock: () => stock.whole() },
      { rounds: 9 },
    ),
  );
} finally {
  for (const side of [oursRunc, stock]) side.close();
  await daemons.ours.stop();
  await daemons.stock.stop();
  rmSync(folder, { recursive: true, force: true });
}
