/** Image documents, as far as they are read here (OCI image-spec; Docker's are the same in these fields). */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
  platform?: { os: string; architecture: string; variant?: string };
}

export interface Index {
  schemaVersion: number;
  mediaType?: string;
  manifests: Descriptor[];
}

export interface Manifest {
  schemaVersion: number;
  mediaType?: string;
  config: Descriptor;
  layers: Descriptor[];
}

export interface ImageConfig {
  rootfs: { type: string; diff_ids: string[] };
  config?: {
    Entrypoint?: string[] | null;
    Cmd?: string[] | null;
    Env?: string[] | null;
    WorkingDir?: string;
    User?: string;
  };
}

const ARCHITECTURES: Record<string, string> = { x64: "amd64", arm64: "arm64", arm: "arm", ia32: "386" };

export const isIndex = ({ mediaType }: { mediaType: string }) =>
  mediaType === "application/vnd.oci.image.index.v1+json" ||
  mediaType === "application/vnd.docker.distribution.manifest.list.v2+json";

/** The manifest for this machine; the only one there is, if it does not say. */
export function choosePlatform(manifests: readonly Descriptor[]): Descriptor | undefined {
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  return (
    manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === architecture) ??
    manifests.find(({ platform }) => platform === undefined)
  );
}
