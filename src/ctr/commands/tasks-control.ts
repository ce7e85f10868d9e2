import { constants } from "node:os";
import { invalidArgument, kindOf } from "../../errors/errors.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import { ContainersDefinition } from "../../proto/containerd/services/containers/v1/containers.ts";
import { SnapshotsDefinition } from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import type { Mount } from "../../proto/containerd/types/mount.ts";
import { Status } from "../../proto/containerd/v1/types/task.ts";
import type { Cli } from "../cli.ts";
import { command } from "../command.ts";
import { STOP_SIGNAL_LABEL } from "../run/container.ts";
import { removeFifos } from "../run/fifos.ts";
import { attendTask, START_FLAGS, startDetached, startOf } from "../run/start.ts";
import { findCheckpoint } from "./tasks-checkpoint.ts";

/** A signal's number, from "KILL", "SIGKILL" or "9". Errors: invalidArgument. */
export function signalNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const name = text.toUpperCase().replace(/^(SIG)?/, "SIG");
  const number = (constants.signals as Record<string, number>)[name];
  if (number === undefined) throw invalidArgument(`unknown signal ${JSON.stringify(text)}`);
  return number;
}

export const kill = command({
  summary: "Send a signal to a task",
  usage: "[flags] CONTAINER",
  flags: {
    signal: {
      kind: "string",
      short: "s",
      help: "The signal, by name or number; the one that its image names unless told, or SIGTERM",
      value: "SIGNAL",
    },
    "exec-id": { kind: "string", help: "Send it to this process, not to the first", value: "ID" },
    all: { kind: "bool", short: "a", help: "Send it to all processes of the task" },
  },
  min: 1,
  max: 1,
  async run(cli, { flags, args: [containerId] }) {
    const { container } = await cli.client(ContainersDefinition).get({ id: containerId! }, cli.call);
    const signal = signalNumber(flags.signal ?? container?.labels[STOP_SIGNAL_LABEL] ?? "SIGTERM");
    const request = {
      containerId: containerId!,
      execId: flags["exec-id"] ?? "",
      signal,
      all: flags.all ?? false,
    };
    await cli.client(TasksDefinition).kill(request, cli.call);
    return undefined;
  },
});

export const start = command({
  summary: "Start a container: make its task, and run it",
  usage: "[flags] CONTAINER",
  flags: {
    detach: { kind: "bool", short: "d", help: "Do not wait for it" },
    ...START_FLAGS,
    checkpoint: { kind: "string", help: "Go on from what `tasks checkpoint` has named", value: "IMAGE" },
  },
  min: 1,
  max: 1,
  async run(cli, { flags, args: [id] }) {
    const containerId = id!;
    const tasks = cli.client(TasksDefinition);
    if (await isCreated(cli, containerId)) {
      await tasks.start({ containerId }, cli.call);
      return undefined;
    }
    const from = flags.checkpoint ? { checkpoint: await findCheckpoint(cli, flags.checkpoint) } : {};
    const how = { containerId, ...startOf(flags), ...(await rootOf(cli, containerId)), ...from };
    return flags.detach ? startDetached(cli, how) : attendTask(cli, how);
  },
});

/** Whether there is a task that only waits for its start. */
async function isCreated(cli: Cli, containerId: string): Promise<boolean> {
  try {
    const { process } = await cli.client(TasksDefinition).get({ containerId }, cli.call);
    return process?.status === Status.CREATED;
  } catch (error) {
    if (kindOf(error) === "notFound") return false;
    throw error;
  }
}

/** The mounts of a container's snapshot, and whether it has a terminal. */
async function rootOf(cli: Cli, id: string): Promise<{ rootfs: Mount[]; terminal: boolean }> {
  const { container } = await cli.client(ContainersDefinition).get({ id }, cli.call);
  const { snapshotter, snapshotKey: key, spec } = container!;
  const { process } = JSON.parse(Buffer.from(spec?.value ?? "{}").toString()) as Spec;
  const mounted =
    key === "" ? undefined : cli.client(SnapshotsDefinition).mounts({ snapshotter, key }, cli.call);
  return { rootfs: (await mounted)?.mounts ?? [], terminal: process?.terminal === true };
}

export const pause = command({
  summary: "Freeze the processes of a task",
  usage: "CONTAINER",
  flags: {},
  min: 1,
  max: 1,
  async run(cli, { args: [containerId] }) {
    await cli.client(TasksDefinition).pause({ containerId: containerId! }, cli.call);
    return undefined;
  },
});

export const resume = command({
  summary: "Let the processes of a frozen task go on",
  usage: "CONTAINER",
  flags: {},
  min: 1,
  max: 1,
  async run(cli, { args: [containerId] }) {
    await cli.client(TasksDefinition).resume({ containerId: containerId! }, cli.call);
    return undefined;
  },
});

export const remove = command({
  aliases: ["delete", "del", "remove"],
  summary: "Remove tasks that have stopped",
  usage: "[flags] CONTAINER...",
  flags: {
    force: { kind: "bool", short: "f", help: "Kill what still runs" },
    "exec-id": { kind: "string", help: "Remove this process only", value: "ID" },
  },
  min: 1,
  async run(cli, { flags, args }) {
    const tasks = cli.client(TasksDefinition);
    for (const containerId of args) {
      const execId = flags["exec-id"] ?? "";
      if (flags.force) {
        const waiting = tasks.wait({ containerId, execId }, cli.longCall);
        // Told by the deletion below if it is an error.
        waiting.catch(() => {});
        await tasks.kill({ containerId, execId, signal: 9, all: execId === "" }, cli.call).catch(() => {});
        await waiting.catch(() => {});
      }
      const { process: paths } = await tasks.get({ containerId, execId }, cli.call);
      const { exitStatus } =
        execId === ""
          ? await tasks.delete({ containerId }, cli.call)
          : await tasks.deleteProcess({ containerId, execId }, cli.call);
      if (paths) removeFifos(paths);
      if (exitStatus !== 0)
        process.stderr.write(`task ${containerId} exit with non-zero exit code ${exitStatus}\n`);
    }
    return undefined;
  },
});
