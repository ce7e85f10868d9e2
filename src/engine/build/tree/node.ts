import type { TarHeader, TarType } from "../../../archive/tar/header.ts";
import { tarHeader } from "../../../archive/tar/writer.ts";

const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();

/** An entry of a tree in memory, as small as can be: a context may have a million of them. */
export class Node {
  readonly type: TarType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly size: number;
  readonly linkname: string;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /** Of a device. */
  readonly device: readonly [major: number, minor: number] | undefined;
  /** Where its content begins in the spool. */
  readonly offset: number;
  /** Where its digest is kept; -1 for none yet. */
  digest = -1;
  /** The same for all names of one file. */
  inode: string | undefined;
  /** By name, of a folder. */
  readonly children: Map<string, Node> | undefined;

  constructor(header: TarHeader, offset: number, children?: Map<string, Node>) {
    this.type = header.type;
    this.mode = header.mode;
    this.uid = header.uid;
    this.gid = header.gid;
    this.mtime = header.mtime;
    this.size = header.size;
    this.linkname = header.linkname;
    this.xattrs = header.xattrs.size > 0 ? header.xattrs : NO_XATTRS;
    this.device = header.devmajor || header.devminor ? [header.devmajor, header.devminor] : undefined;
    this.offset = offset;
    this.children = header.type === "directory" ? (children ?? new Map()) : undefined;
  }

  header(): TarHeader {
    const { type, mode, uid, gid, mtime, size, linkname, xattrs } = this;
    const [devmajor, devminor] = this.device ?? [0, 0];
    return tarHeader({ name: "", type, mode, uid, gid, mtime, size, linkname, xattrs, devmajor, devminor });
  }
}

/** Digests of many files, 32 bytes each. */
export class Digests {
  #bytes: Buffer = Buffer.alloc(32 * 64);
  #count = 0;

  add(hex: string): number {
    if ((this.#count + 1) * 32 > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    this.#bytes.write(hex, this.#count * 32, "hex");
    return this.#count++;
  }

  get(index: number): string {
    return this.#bytes.toString("hex", index * 32, index * 32 + 32);
  }
}
