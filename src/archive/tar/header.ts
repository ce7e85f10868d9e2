/** One entry of a tar archive, after pax and GNU extensions have been taken into account (POSIX.1-2017 pax, ustar). */
export interface TarHeader {
  /** As in the archive, without a trailing slash. */
  name: string;
  type: TarType;
  /** Bytes of content that follow; 0 for everything but files. */
  size: number;
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since 1970, with a fraction. */
  mtime: number;
  linkname: string;
  devmajor: number;
  devminor: number;
  xattrs: ReadonlyMap<string, Uint8Array>;
}

/** Shared, because archives have millions of entries without any. */
export const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();

export type TarType = "file" | "link" | "symlink" | "char" | "block" | "directory" | "fifo";

export const TYPE_FLAGS: Readonly<Record<string, TarType>> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  "1": "link",
  "2": "symlink",
  "3": "char",
  "4": "block",
  "5": "directory",
  "6": "fifo",
};

/** Where the fields of a header block lie: [offset, length]. */
export const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  typeflag: [156, 1],
  linkname: [157, 100],
  magic: [257, 6],
  version: [263, 2],
  uname: [265, 32],
  gname: [297, 32],
  devmajor: [329, 8],
  devminor: [337, 8],
  prefix: [345, 155],
} as const;

export const BLOCK = 512;

/** Bytes up to the next block boundary. */
export const paddingOf = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

/** Of a header block, as if its own field were eight spaces. */
export function checksumOf(block: Uint8Array): number {
  const [start, length] = FIELDS.checksum;
  let sum = length * 32;
  for (let i = 0; i < start; i++) sum += block[i]!;
  for (let i = start + length; i < BLOCK; i++) sum += block[i]!;
  return sum;
}
