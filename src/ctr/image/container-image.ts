/** A container as an image: an index of what makes it up, with stock ctr's media types and annotations. */
import { invalidArgument, notFound } from "../../errors/errors.ts";
import type { CallOptions } from "../../grpc/client.ts";
import { CheckpointOptions } from "../../proto/containerd/runc/v1/options.ts";
import type { Container } from "../../proto/containerd/services/containers/v1/containers.ts";
import { DiffDefinition } from "../../proto/containerd/services/diff/v1/diff.ts";
import { ImagesDefinition } from "../../proto/containerd/services/images/v1/images.ts";
import { SnapshotsDefinition } from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import { Any } from "../../proto/google/protobuf/any.ts";
import type { Cli } from "../cli.ts";
import { readBlob, readJSON, writeBlob } from "./blobs.ts";
import type { Descriptor, Index } from "./config.ts";

const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
export const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip";
const TASK_TYPE = "application/vnd.containerd.container.criu.checkpoint.criu.tar";
export const SPEC_TYPE = "application/vnd.containerd.container.checkpoint.config.v1+proto";
const OPTIONS_TYPE = "application/vnd.containerd.container.checkpoint.options.v1+proto";
const RUNTIME_OPTIONS_TYPE = "application/vnd.containerd.container.checkpoint.runtime.options+proto";

const IMAGE_NAME = "org.opencontainers.image.ref.name";
const RUNTIME_NAME = "io.containerd.checkpoint.runtime";
const SNAPSHOTTER_NAME = "io.containerd.checkpoint.snapshotter";

export interface Parts {
  /** The image that it is of. */
  image: boolean;
  /** What it has written. */
  rw: boolean;
  /** Its processes, by CRIU. */
  task: boolean;
}

/** Writes the index of a container, its parts before it. `call` holds the lease that keeps them. */
export async function writeContainer(
  cli: Cli,
  call: CallOptions,
  container: Container,
  parts: Parts,
): Promise<Descriptor> {
  const manifests: Descriptor[] = [];
  const add = async (mediaType: string, bytes: Uint8Array) => {
    manifests.push({ mediaType, ...(await write(cli, call, bytes)) });
  };
  const { runtime, spec, image, snapshotter } = container;
  if (runtime?.options?.value.length) await add(RUNTIME_OPTIONS_TYPE, Any.encode(runtime.options));
  if (parts.image) manifests.push(await imageOf(cli, image));
  if (parts.rw) manifests.push(await layerOf(cli, call, container));
  if (parts.task) {
    const options = {
      typeUrl: "containerd.runc.v1.CheckpointOptions",
      value: CheckpointOptions.encode({}),
    };
    const request = { containerId: container.id, options };
    const { descriptors } = await cli.client(TasksDefinition).checkpoint(request, call);
    manifests.push(
      ...descriptors.map(({ mediaType, digest, size }) => ({ mediaType, digest, size: Number(size) })),
    );
    await add(OPTIONS_TYPE, Any.encode(options));
  } else if (spec) await add(SPEC_TYPE, Any.encode(spec));
  const annotations = {
    ...{ [IMAGE_NAME]: image, [RUNTIME_NAME]: runtime?.name ?? "", [SNAPSHOTTER_NAME]: snapshotter },
  };
  const index = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests, annotations };
  const labels = manifests.map(({ digest }, i) => [`containerd.io/gc.ref.content.${i}`, digest]);
  const bytes = Buffer.from(JSON.stringify(index));
  return { mediaType: INDEX_TYPE, ...(await write(cli, call, bytes, Object.fromEntries(labels))) };
}

async function write(cli: Cli, call: CallOptions, bytes: Uint8Array, labels: Record<string, string> = {}) {
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
  };
  return writeBlob(cli, call, `checkpoint-${crypto.randomUUID()}`, source(), labels);
}

async function imageOf(cli: Cli, name: string): Promise<Descriptor> {
  const { image } = await cli.client(ImagesDefinition).get({ name }, cli.call);
  const { mediaType, digest, size } = image!.target!;
  return { mediaType, digest, size: Number(size) };
}

/** What a container has written, as a layer. */
async function layerOf(cli: Cli, call: CallOptions, container: Container): Promise<Descriptor> {
  const { snapshotter, snapshotKey: key } = container;
  const snapshots = cli.client(SnapshotsDefinition);
  const { info } = await snapshots.stat({ snapshotter, key }, call);
  const viewKey = `checkpoint-${crypto.randomUUID()}`;
  const parent = info?.parent ?? "";
  const lower = await snapshots.view({ snapshotter, key: viewKey, parent }, call);
  try {
    const upper = await snapshots.mounts({ snapshotter, key }, call);
    const request = {
      ...{ left: lower.mounts, right: upper.mounts, mediaType: LAYER_TYPE },
      ref: `checkpoint-rw-${key}`,
    };
    const { diff } = await cli.client(DiffDefinition).diff(request, call);
    return { mediaType: diff!.mediaType, digest: diff!.digest, size: Number(diff!.size) };
  } finally {
    await snapshots.remove({ snapshotter, key: viewKey }, call);
  }
}

/** What is written of a container, to be made again. */
export interface WrittenContainer {
  image: string;
  snapshotter: string;
  runtime: { name: string; options?: Any };
  spec: Any;
  /** Of its layer, and of its task; undefined when the checkpoint has none. */
  layer: Descriptor | undefined;
  task: Descriptor | undefined;
}

/** Reads a checkpoint by its image's name. Errors: notFound, invalidArgument for an image that is none. */
export async function readContainer(cli: Cli, name: string): Promise<WrittenContainer> {
  const { digest } = await imageOf(cli, name);
  const index = await readJSON<Index & { annotations?: Record<string, string> }>(cli, digest);
  const {
    [IMAGE_NAME]: image,
    [SNAPSHOTTER_NAME]: snapshotter,
    [RUNTIME_NAME]: runtime,
  } = index.annotations ?? {};
  if (image === undefined || snapshotter === undefined || runtime === undefined)
    throw invalidArgument(
      `image ${name} is no checkpoint of a container: it does not tell image, runtime and snapshotter`,
    );
  const of = (type: string) => index.manifests.find(({ mediaType }) => mediaType === type);
  const anyOf = async (type: string) => {
    const found = of(type);
    return found ? Any.decode(await readBlob(cli, found.digest)) : undefined;
  };
  const spec = await anyOf(SPEC_TYPE);
  if (!spec) throw notFound(`checkpoint ${name} has no specification: not found`);
  const options = await anyOf(RUNTIME_OPTIONS_TYPE);
  return {
    ...{ image, snapshotter, spec, layer: of(LAYER_TYPE), task: of(TASK_TYPE) },
    runtime: { name: runtime, ...(options ? { options } : {}) },
  };
}
