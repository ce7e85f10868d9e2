/** Media types of manifests, configurations and layers (OCI image-spec media-types.md; Docker's own schema 2). */
export const MEDIA = {
  manifest2: "application/vnd.docker.distribution.manifest.v2+json",
  manifestList: "application/vnd.docker.distribution.manifest.list.v2+json",
  manifest1: "application/vnd.docker.distribution.manifest.v1+json",
  manifest1Signed: "application/vnd.docker.distribution.manifest.v1+prettyjws",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  config: "application/vnd.docker.container.image.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  pluginConfig: "application/vnd.docker.plugin.v1+json",
  layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  foreignLayer: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
} as const;

/** What a manifest request accepts, best first. */
export const MANIFEST_ACCEPT = [
  MEDIA.manifest2,
  MEDIA.manifestList,
  MEDIA.ociManifest,
  MEDIA.ociIndex,
  MEDIA.manifest1Signed,
  MEDIA.manifest1,
] as const;

/** True for the media type of a manifest list or an OCI index. */
export const isIndexType = (type: string): boolean => type === MEDIA.manifestList || type === MEDIA.ociIndex;

/** True for the media type of a manifest of one image (schema 2 or OCI). */
export const isManifestType = (type: string): boolean =>
  type === MEDIA.manifest2 || type === MEDIA.ociManifest;

/** True for layers that may not be pushed and carry URLs of their own (Windows base layers). */
export const isForeignLayer = (type: string): boolean =>
  type.startsWith("application/vnd.docker.image.rootfs.foreign.") || type.includes(".nondistributable.");

/** True for the media types under which layers come: tar, plain or with any compression. */
export function isLayerType(type: string): boolean {
  return (
    type.startsWith("application/vnd.docker.image.rootfs.") ||
    type.startsWith("application/vnd.oci.image.layer.")
  );
}
