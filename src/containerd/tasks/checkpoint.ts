/** Checkpoints in the content store: CRIU's images as a tar, and the spec of the container they are of. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { invalidArgument } from "../../errors/errors.ts";
import { CheckpointOptions } from "../../proto/containerd/runc/v1/options.ts";
import type { Descriptor } from "../../proto/containerd/types/descriptor.ts";
import { Any } from "../../proto/google/protobuf/any.ts";
import type { ContentStore } from "../content/store.ts";
import { runChild } from "../diff/child.ts";
import { commit, packInto } from "../diff/create.ts";
import type { Task } from "./task.ts";

const IMAGES_TYPE = "application/vnd.containerd.container.criu.checkpoint.criu.tar";
const SPEC_TYPE = "application/vnd.containerd.container.checkpoint.config.v1+proto";

export interface Checkpoint {
  options: Any | undefined;
  /** The container's spec, to go with the images. */
  spec: Any | undefined;
  signal: AbortSignal;
}

async function writeBlob(
  content: ContentStore,
  namespace: string,
  mediaType: string,
  write: (writer: Awaited<ReturnType<ContentStore["openWriter"]>>) => Promise<unknown>,
): Promise<Descriptor> {
  const writer = await content.openWriter(namespace, `checkpoint-${crypto.randomUUID()}`, 0, "");
  try {
    await write(writer);
    const size = BigInt(writer.status.offset);
    return { mediaType, digest: await commit(content, namespace, writer, {}), size, annotations: {} };
  } finally {
    await content.closeWriter(writer);
  }
}

/**
 * Writes a checkpoint of a running task. Into the content store, unless the options name a folder for the images; then
 * there are no descriptors.
 */
export async function checkpointTask(
  content: ContentStore,
  task: Task,
  { options, spec, signal }: Checkpoint,
): Promise<Descriptor[]> {
  const given = options ? CheckpointOptions.decode(options.value).imagePath : "";
  const asked = { id: task.id, ...(options ? { options } : {}) };
  if (given !== "") {
    await task.rpc.checkpoint({ ...asked, path: given });
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), "containerd-checkpoint-"));
  try {
    await task.rpc.checkpoint({ ...asked, path: folder });
    const { namespace } = task;
    return [
      await writeBlob(content, namespace, IMAGES_TYPE, (w) => packInto(w, "", folder, false, signal)),
      await writeBlob(content, namespace, SPEC_TYPE, (w) => w.write(Any.encode(spec ?? {}))),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The folder of images that a new task is to be restored from: `named`, by the task's options, or what is unpacked from the
 * content store into the bundle, and goes with it. "" for none. Errors: notFound, invalidArgument.
 */
export async function restoreFolder(
  content: ContentStore,
  namespace: string,
  bundle: string,
  named: string,
  checkpoint: Descriptor | undefined,
): Promise<string> {
  if (named !== "" || !checkpoint) return named;
  if (checkpoint.mediaType !== IMAGES_TYPE)
    throw invalidArgument(`unsupported checkpoint type ${JSON.stringify(checkpoint.mediaType)}`);
  content.info(namespace, checkpoint.digest);
  const folder = join(bundle, "checkpoint");
  mkdirSync(folder, { mode: 0o700 });
  const what = `unpack checkpoint ${checkpoint.digest}`;
  await runChild(["unpack-layer", content.path(checkpoint.digest), folder, "remove"], what);
  return folder;
}
