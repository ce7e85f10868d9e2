/** How a task begins: with our streams until it ends, or by itself. */
import { writeFileSync } from "node:fs";
import type { FlagValues } from "../../flags/flags.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import type { Descriptor } from "../../proto/containerd/types/descriptor.ts";
import type { Mount } from "../../proto/containerd/types/mount.ts";
import type { Cli } from "../cli.ts";
import { attend } from "./attach.ts";
import type { Network } from "./cni.ts";
import { holdFifos, makeFifos, removeFifos, type StdioPaths } from "./fifos.ts";
import { ProcessIO } from "./process-io.ts";

export const START_FLAGS = {
  "null-io": { kind: "bool", help: "Throw its output away" },
  "log-uri": { kind: "string", help: "Send its output there, such as file:///var/log/x", value: "URI" },
  "pid-file": { kind: "string", help: "Write its process id there", value: "FILE" },
  "fifo-dir": { kind: "string", help: "Where the FIFOs of its streams are made", value: "FOLDER" },
} as const;

/** What these flags say of a start. */
export const startOf = (flags: FlagValues<typeof START_FLAGS>) => ({
  nullIO: flags["null-io"] ?? false,
  logURI: flags["log-uri"] ?? "",
  pidFile: flags["pid-file"],
  fifoFolder: flags["fifo-dir"],
});

export interface Start {
  containerId: string;
  rootfs: Mount[];
  terminal: boolean;
  /** Without streams. */
  nullIO: boolean;
  /** In place of streams, unless "". */
  logURI: string;
  pidFile: string | undefined;
  fifoFolder: string | undefined;
  /** CRIU's images to go on from. */
  checkpoint?: Descriptor;
  /** What the process is connected to before it starts. */
  network?: Network;
}

const isQuiet = ({ nullIO, logURI }: Start) => nullIO || logURI !== "";

/** Creates a task, gives it its network and starts it; what failed is undone. */
async function createAndStart(cli: Cli, start: Start, paths: StdioPaths): Promise<void> {
  const tasks = cli.client(TasksDefinition);
  const { containerId, rootfs, checkpoint, network } = start;
  const from = checkpoint ? { checkpoint } : {};
  const created = await tasks.create({ containerId, rootfs, ...paths, ...from }, cli.call);
  try {
    await network?.add(`${cli.namespace}-${containerId}`, created.pid);
    // One that comes from a checkpoint has a process only now.
    const { pid } = await tasks.start({ containerId }, cli.call);
    if (start.pidFile !== undefined) writeFileSync(start.pidFile, String(pid));
  } catch (error) {
    await network?.remove(`${cli.namespace}-${containerId}`).catch(() => {});
    await tasks.delete({ containerId }, cli.call).catch(() => {});
    throw error;
  }
}

/** Starts a task that goes on by itself. Its streams, if it has any, are there to be attached to. */
export async function startDetached(cli: Cli, start: Start): Promise<number> {
  const { containerId, terminal, logURI, fifoFolder } = start;
  const paths = isQuiet(start)
    ? { stdin: "", stdout: logURI, stderr: terminal ? "" : logURI, terminal }
    : makeFifos(containerId, terminal, fifoFolder);
  const letGo = holdFifos(paths);
  try {
    await createAndStart(cli, start, paths);
  } catch (error) {
    removeFifos(paths);
    throw error;
  } finally {
    letGo();
  }
  return 0;
}

/** Creates and starts a task and waits for its end, without its streams or with ours. Returns its exit code. */
export async function attendTask(cli: Cli, start: Start): Promise<number> {
  const { containerId } = start;
  const tasks = cli.client(TasksDefinition);
  const code = isQuiet(start) ? await attendQuietly(cli, start) : await attendStreams(cli, start);
  await start.network?.remove(`${cli.namespace}-${containerId}`);
  await tasks.delete({ containerId }, cli.call);
  return code;
}

async function attendQuietly(cli: Cli, start: Start): Promise<number> {
  await startDetached(cli, start);
  const { containerId } = start;
  return (await cli.client(TasksDefinition).wait({ containerId }, cli.longCall)).exitStatus;
}

async function attendStreams(cli: Cli, start: Start): Promise<number> {
  const { containerId, terminal, fifoFolder } = start;
  const io = ProcessIO.create(containerId, terminal, fifoFolder);
  try {
    await createAndStart(cli, start, io.paths);
    return await attend(cli, { containerId, execId: "" }, io);
  } catch (error) {
    await io.finish();
    throw error;
  }
}
