/**
 * bbolt's file format, as far as Docker's small databases (volumes/metadata.db, network/files/local-kv.db) use it:
 * pages of one size; two meta pages that take turns; a tree of branch and leaf pages per bucket; small buckets inline.
 */
export const PAGE = { branch: 0x01, leaf: 0x02, meta: 0x04, freelist: 0x10 } as const;
export const PAGE_HEADER = 16;
export const LEAF_ELEMENT = 16;
export const BRANCH_ELEMENT = 16;
/** Flag of a leaf element whose value is a bucket. */
export const BUCKET_LEAF = 0x01;
export const BUCKET_HEADER = 16;
export const MAGIC = 0xed0cdaed;
export const VERSION = 2;
/** Bytes of a meta that its checksum covers. */
export const META_SUMMED = 56;

/** FNV-1a, 64 bits. */
export function fnv64a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash;
}

/** Bucket → key → value; keys are text in Docker's databases. */
export type BoltData = Map<string, Map<string, Buffer>>;
