import type { Digest } from "../types.ts";

/** A blob in a registry that is known to hold a layer. */
export interface BlobRecord {
  digest: Digest;
  /** "docker.io/library/busybox" */
  repository: string;
  /** Bytes; unknown in records that stock Docker wrote. */
  size?: number;
}

/**
 * What is known of layers' blobs in registries, so that a push need not compress again what the registry
 * has. Hints only: each is checked with the registry before it is relied on.
 */
export interface BlobRecords {
  /** Blobs of a layer, newest first. */
  blobsOf(diffID: Digest): Promise<BlobRecord[]>;
  record(diffID: Digest, blob: BlobRecord): Promise<void>;
}
