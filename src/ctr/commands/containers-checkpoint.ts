/** Containers written as images, and made of them again. */
import { kindOf, notFound } from "../../errors/errors.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import { ContainersDefinition } from "../../proto/containerd/services/containers/v1/containers.ts";
import { DiffDefinition } from "../../proto/containerd/services/diff/v1/diff.ts";
import { SnapshotsDefinition } from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import type { Descriptor as Target } from "../../proto/containerd/types/descriptor.ts";
import type { Mount } from "../../proto/containerd/types/mount.ts";
import { Status } from "../../proto/containerd/v1/types/task.ts";
import type { Cli } from "../cli.ts";
import { command } from "../command.ts";
import type { Descriptor } from "../image/config.ts";
import { readContainer, type WrittenContainer, writeContainer } from "../image/container-image.ts";
import { withLease } from "../image/lease.ts";
import { nameImage } from "../image/load.ts";
import { openImage } from "../image/open.ts";
import { attendTask } from "../run/start.ts";

export const checkpoint = command({
  summary: "Write a container as an image",
  usage: "[flags] CONTAINER IMAGE",
  flags: {
    rw: { kind: "bool", help: "With what it has written" },
    image: { kind: "bool", help: "With the image that it is of" },
    task: { kind: "bool", help: "With its processes, by CRIU" },
  },
  min: 2,
  max: 2,
  async run(cli, { flags, args: [id, name] }) {
    const { container } = await cli.client(ContainersDefinition).get({ id: id! }, cli.call);
    const parts = { rw: flags.rw ?? false, image: flags.image ?? false, task: flags.task ?? false };
    await withLease(cli, async (call) => {
      const resume = await pauseRunning(cli, id!);
      try {
        await nameImage(cli, name!, await writeContainer(cli, call, container!, parts));
      } finally {
        await resume();
      }
    });
    return undefined;
  },
});

/** So that what is written is of one moment. Returns what lets the task go on. */
async function pauseRunning(cli: Cli, containerId: string): Promise<() => Promise<void>> {
  const tasks = cli.client(TasksDefinition);
  try {
    const { process } = await tasks.get({ containerId }, cli.call);
    if (process?.status !== Status.RUNNING) return async () => {};
  } catch (error) {
    if (kindOf(error) === "notFound") return async () => {};
    throw error;
  }
  await tasks.pause({ containerId }, cli.call);
  return async () => void (await tasks.resume({ containerId }, cli.call));
}

export const restore = command({
  summary: "Make a container of an image that checkpoint has written, and run it",
  usage: "[flags] CONTAINER IMAGE",
  flags: {
    rw: { kind: "bool", help: "With what it had written" },
    live: { kind: "bool", help: "With its processes as they were, by CRIU" },
  },
  min: 2,
  max: 2,
  async run(cli, { flags, args: [id, name] }) {
    const written = await readContainer(cli, name!);
    const task = flags.live ? written.task : undefined;
    if (flags.live && !task) throw notFound(`checkpoint ${name} has no task: not found`);
    const rootfs = await makeContainer(cli, id!, written, flags.rw ?? false);
    const { process } = JSON.parse(Buffer.from(written.spec.value).toString()) as Spec;
    return attendTask(cli, {
      ...{ containerId: id!, rootfs, terminal: process?.terminal === true, nullIO: false, logURI: "" },
      ...{ pidFile: undefined, fifoFolder: undefined },
      ...(task ? { checkpoint: targetOf(task) } : {}),
    });
  },
});

const targetOf = ({ mediaType, digest, size }: Descriptor): Target => ({
  ...{ mediaType, digest, size: BigInt(size), annotations: {} },
});

/** Returns the mounts of its root. Nothing is left when that fails. */
async function makeContainer(
  cli: Cli,
  id: string,
  { image, snapshotter, runtime, spec, layer }: WrittenContainer,
  rw: boolean,
): Promise<Mount[]> {
  if (rw && !layer) throw notFound(`the checkpoint has no writable layer: not found`);
  const snapshots = cli.client(SnapshotsDefinition);
  const parent = await (await openImage(cli, image)).unpack(snapshotter);
  const labels = { "containerd.io/gc.root": new Date().toISOString() };
  const { mounts } = await snapshots.prepare({ snapshotter, key: id, parent, labels }, cli.call);
  try {
    if (rw) await cli.client(DiffDefinition).apply({ diff: targetOf(layer!), mounts }, cli.longCall);
    const container = { id, image, snapshotter, snapshotKey: id, runtime, spec };
    await cli.client(ContainersDefinition).create({ container }, cli.call);
    return mounts;
  } catch (error) {
    await snapshots.remove({ snapshotter, key: id }, cli.call).catch(() => {});
    throw error;
  }
}
