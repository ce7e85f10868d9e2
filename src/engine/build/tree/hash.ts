import { existsSync, readFileSync } from "node:fs";
import { type TarHeader, TYPE_FLAGS } from "../../../archive/tar/header.ts";

/** What of an entry counts for its sum beyond the header. */
export interface HashedEntry {
  /** As in an archive: folders end with a slash. */
  name: string;
  header: TarHeader;
  /** With the bits of the file's type if the archive has them. */
  mode: number;
  typeFlag: string;
  uname: string;
  gname: string;
}

const FLAG_OF = Object.fromEntries(Object.entries(TYPE_FLAGS).map(([flag, type]) => [type, flag]));
FLAG_OF["file"] = "0";

const TYPE_BITS: Record<string, number> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  block: 0o060000,
  char: 0o020000,
  fifo: 0o010000,
  link: 0o100000,
};

/** For a file on disk, as stock would put it into an archive; `names` adds what the host calls its owners. */
export function hashedOnDisk(name: string, header: TarHeader, names?: HostNames): HashedEntry {
  return {
    name: header.type === "directory" ? `${name}/` : name,
    header,
    mode: header.mode | TYPE_BITS[header.type]!,
    typeFlag: FLAG_OF[header.type]!,
    uname: names?.user(header.uid) ?? "",
    gname: names?.group(header.gid) ?? "",
  };
}

/** Names of users and groups on the engine's host. */
export interface HostNames {
  user(id: number): string;
  group(id: number): string;
}

/** Stock sums stages and images with the host's names of their owners. */
export function hostNames(): HostNames {
  const read = (path: string): Map<number, string> => {
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    const entries = lines.map((line) => line.split(":"));
    return new Map(
      entries.map(([name = "", , id = ""]) => [Number(id || Number.NaN), name] as const).reverse(),
    );
  };
  const [users, groups] = [read("/etc/passwd"), read("/etc/group")];
  return { user: (id) => users.get(id) ?? "", group: (id) => groups.get(id) ?? "" };
}

/** Stock's tar sum, version 1, of one entry: its header without times, then what update() gets. */
export class EntryHash {
  readonly #hash = new Bun.CryptoHasher("sha256");

  constructor({ name, header, mode, typeFlag, uname, gname }: HashedEntry) {
    const fields: [string, string | number][] = [
      ["name", name],
      ["mode", mode],
      ["uid", header.uid],
      ["gid", header.gid],
      ["size", header.size],
      ["typeflag", typeFlag],
      ["linkname", header.linkname],
      ["uname", uname],
      ["gname", gname],
      ["devmajor", header.devmajor],
      ["devminor", header.devminor],
    ];
    this.#hash.update(fields.map(([key, value]) => `${key}${value}`).join(""));
    for (const [key, value] of [...header.xattrs].sort(([a], [b]) => (a < b ? -1 : 1))) {
      this.#hash.update(key);
      this.#hash.update(value);
    }
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  hex(): string {
    return this.#hash.digest("hex");
  }
}

/** The SHA-256 sum of a text, in hexadecimal digits. */
export function sha256(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
