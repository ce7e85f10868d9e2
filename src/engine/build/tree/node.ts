import type { TarHeader, TarType } from "../../../archive/tar/header.ts";
import { tarHeader } from "../../../archive/tar/writer.ts";

const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();

/** What many entries of a context have in common; kept once. */
interface Attributes {
  type: TarType;
  mode: number;
  uid: number;
  gid: number;
  linkname: string;
  xattrs: ReadonlyMap<string, Uint8Array>;
  /** Of a device. */
  device: readonly [major: number, minor: number] | undefined;
}

/** Attributes of files and folders without anything special to them, by what they are. */
export class SharedAttributes {
  readonly #known = new Map<string, Attributes>();

  of({ type, mode, uid, gid, linkname, xattrs, devmajor, devminor }: TarHeader): Attributes {
    const device = devmajor || devminor ? ([devmajor, devminor] as const) : undefined;
    const attributes = {
      type,
      mode,
      uid,
      gid,
      linkname,
      xattrs: xattrs.size > 0 ? xattrs : NO_XATTRS,
      device,
    };
    if (linkname !== "" || xattrs.size > 0 || device) return attributes;
    const key = `${type} ${mode} ${uid} ${gid}`;
    const known = this.#known.get(key);
    if (known) return known;
    this.#known.set(key, attributes);
    return attributes;
  }
}

/** An entry of a tree in memory, as small as can be: a context may have a million of them. */
export class Node {
  readonly #attributes: Attributes;
  readonly #mtime: number;
  readonly size: number;
  /** Where its content begins in the spool. */
  readonly offset: number;
  /** Where its digest is kept; -1 for none yet. */
  digest = -1;
  /** The same for all names of one file. */
  inode: string | undefined;
  /** By name, of a folder. */
  readonly children: Map<string, Node> | undefined;

  constructor(header: TarHeader, offset: number, shared: SharedAttributes, children?: Map<string, Node>) {
    this.#attributes = shared.of(header);
    this.#mtime = header.mtime;
    this.size = header.size;
    this.offset = offset;
    this.children = header.type === "directory" ? (children ?? new Map()) : undefined;
  }

  get type(): TarType {
    return this.#attributes.type;
  }

  get linkname(): string {
    return this.#attributes.linkname;
  }

  header(): TarHeader {
    const { type, mode, uid, gid, linkname, xattrs, device } = this.#attributes;
    const [devmajor, devminor] = device ?? [0, 0];
    const { size } = this;
    return tarHeader({
      name: "",
      type,
      mode,
      uid,
      gid,
      mtime: this.#mtime,
      size,
      linkname,
      xattrs,
      devmajor,
      devminor,
    });
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
