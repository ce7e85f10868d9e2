import { invalidArgument } from "../../errors/errors.ts";
import type { Descriptor } from "../../proto/containerd/types/descriptor.ts";
import type { ContentStore } from "../content/store.ts";
import type { Mount } from "../snapshots/snapshot.ts";
import { runChild } from "./child.ts";
import { directTarget, type LayerTarget, withMounts } from "./layer-target.ts";
import type { UnpackedLayer } from "./unpack-layer.ts";

const TAR_TYPE = "application/vnd.oci.image.layer.v1.tar";
const LAYER_TYPES =
  /^application\/vnd\.(oci\.image\.layer\.(nondistributable\.)?v1\.tar|docker\.image\.rootfs\.(diff|foreign\.diff)\.tar)(?=$|\.|\+)/;

/**
 * Unpacks a layer into mounts and returns the descriptor of its uncompressed tar. Errors: notFound without
 * the blob, invalidArgument for what is no layer.
 */
export async function applyDiff(
  content: ContentStore,
  namespace: string,
  diff: Descriptor,
  mounts: readonly Mount[],
  signal: AbortSignal,
): Promise<Descriptor> {
  content.info(namespace, diff.digest);
  if (!LAYER_TYPES.test(diff.mediaType))
    throw invalidArgument(
      `cannot apply ${diff.digest}: media type ${JSON.stringify(diff.mediaType)} is no layer: invalid argument`,
    );
  const blob = content.path(diff.digest);
  const apply = async ({ folder, whiteouts }: LayerTarget) => {
    const printed = await runChild(["unpack-layer", blob, folder, whiteouts], `apply ${diff.digest}`, signal);
    return JSON.parse(printed) as UnpackedLayer;
  };
  const direct = directTarget(mounts);
  const { digest, size } = direct
    ? await apply(direct)
    : await withMounts(mounts, (folder) => apply({ folder, whiteouts: "remove" }));
  return { mediaType: TAR_TYPE, digest, size: BigInt(size), annotations: {} };
}
