/** Checkpoints of tasks: into a folder of the daemon's host, or into its content store under an image's name. */
import { notFound } from "../../errors/errors.ts";
import { CheckpointOptions } from "../../proto/containerd/runc/v1/options.ts";
import { ImagesDefinition } from "../../proto/containerd/services/images/v1/images.ts";
import { LeasesDefinition } from "../../proto/containerd/services/leases/v1/leases.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import type { Descriptor } from "../../proto/containerd/types/descriptor.ts";
import { type Cli, print } from "../cli.ts";
import { command } from "../command.ts";
import { readJSON, writeBlob } from "../image/blobs.ts";
import { holdLease, nameImage } from "../image/load.ts";

const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
const IMAGES_TYPE = "application/vnd.containerd.container.criu.checkpoint.criu.tar";

interface Entry {
  mediaType: string;
  digest: string;
  size: number;
}

async function* single(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text);
}

/** As stock ctr names them: containerd.io/checkpoint/ID:MM-DD-YYYY-HH:MM:SS. */
function nameOf(id: string, now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [two(now.getMonth() + 1), two(now.getDate()), now.getFullYear()].join("-");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(":");
  return `containerd.io/checkpoint/${id}:${day}-${time}`;
}

/** Names a checkpoint's content by an index, so that it is kept. */
async function nameCheckpoint(cli: Cli, lease: string, name: string, parts: Descriptor[]): Promise<void> {
  const manifests = parts.map(
    ({ mediaType, digest, size }): Entry => ({ mediaType, digest, size: Number(size) }),
  );
  const text = JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests });
  const labels = Object.fromEntries(
    parts.map(({ digest }, i) => [`containerd.io/gc.ref.content.${i}`, digest]),
  );
  const ref = `checkpoint-index-${crypto.randomUUID()}`;
  const { digest, size } = await writeBlob(cli, { ...cli.longCall, lease }, ref, single(text), labels);
  await nameImage(cli, name, { mediaType: INDEX_TYPE, digest, size });
}

/** CRIU's images of a checkpoint in the content store, by its image's name. Errors: notFound. */
export async function findCheckpoint(cli: Cli, name: string): Promise<Descriptor> {
  const { image } = await cli.client(ImagesDefinition).get({ name }, cli.call);
  const { manifests = [] } = await readJSON<{ manifests?: Entry[] }>(cli, image!.target!.digest);
  const found = manifests.find(({ mediaType }) => mediaType === IMAGES_TYPE);
  if (!found) throw notFound(`image ${name} is no checkpoint of a task: not found`);
  return { ...found, size: BigInt(found.size), annotations: {} };
}

export const checkpoint = command({
  summary: "Write a task's state by CRIU",
  usage: "[flags] CONTAINER",
  flags: {
    exit: { kind: "bool", help: "End the task with it" },
    "image-path": {
      kind: "string",
      help: "Folder for CRIU's images, in place of the content store",
      value: "PATH",
    },
    "work-path": { kind: "string", help: "Folder for CRIU's work files and log", value: "PATH" },
  },
  min: 1,
  max: 1,
  async run(cli, { flags, args: [id] }) {
    const value = CheckpointOptions.encode({
      exit: flags.exit,
      imagePath: flags["image-path"],
      workPath: flags["work-path"],
    });
    const options = { typeUrl: "containerd.runc.v1.CheckpointOptions", value };
    const lease = await holdLease(cli);
    try {
      const call = { ...cli.longCall, lease };
      const { descriptors } = await cli
        .client(TasksDefinition)
        .checkpoint({ containerId: id!, options }, call);
      if (descriptors.length === 0) return undefined;
      const name = nameOf(id!);
      await nameCheckpoint(cli, lease, name, descriptors);
      print(name);
      return undefined;
    } finally {
      await cli.client(LeasesDefinition).delete({ id: lease }, cli.call);
    }
  },
});
