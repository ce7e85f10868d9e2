import type { TarHeader, TarType } from "../../../archive/tar/header.ts";
import { tarHeader } from "../../../archive/tar/writer.ts";
import type { Stat } from "../../../proto/fsutil/types/wire.ts";

/** Bits of Go's os.FileMode beside the permissions. */
const DIRECTORY = 2 ** 31;
const SYMLINK = 1 << 27;
const DEVICE = 1 << 26;
const FIFO = 1 << 25;
const SOCKET = 1 << 24;
const SETUID = 1 << 23;
const SETGID = 1 << 22;
const CHARACTER = 1 << 21;
const STICKY = 1 << 20;

const has = (mode: number, bit: number): boolean => Math.floor(mode / bit) % 2 === 1;

/** An entry as archives have it; undefined for a socket, which they do not have. */
export function headerOf(stat: Stat): TarHeader | undefined {
  const { mode } = stat;
  if (has(mode, SOCKET)) return undefined;
  const type = typeOf(stat);
  const special =
    (has(mode, SETUID) ? 0o4000 : 0) | (has(mode, SETGID) ? 0o2000 : 0) | (has(mode, STICKY) ? 0o1000 : 0);
  return tarHeader({
    name: stat.path,
    type,
    mode: (mode & 0o777) | special,
    uid: stat.uid,
    gid: stat.gid,
    size: type === "file" ? Number(stat.size) : 0,
    mtime: Number(stat.modTime / 1_000_000_000n),
    linkname: stat.linkname,
    devmajor: Number(stat.devmajor),
    devminor: Number(stat.devminor),
    xattrs: new Map(Object.entries(stat.xattrs)),
  });
}

function typeOf({ mode, linkname }: Stat): TarType {
  if (has(mode, DIRECTORY)) return "directory";
  if (has(mode, SYMLINK)) return "symlink";
  if (has(mode, FIFO)) return "fifo";
  if (has(mode, DEVICE)) return has(mode, CHARACTER) ? "char" : "block";
  return linkname === "" ? "file" : "link";
}

const TYPE_BITS: Record<TarType, number> = {
  file: 0,
  link: 0,
  directory: DIRECTORY,
  symlink: SYMLINK,
  fifo: FIFO,
  block: DEVICE,
  char: DEVICE | CHARACTER,
};

/** The reverse: an entry of a tree as it is told to a client. */
export function statOf(path: string, header: TarHeader): Stat {
  const { mode } = header;
  const special = (mode & 0o4000 ? SETUID : 0) | (mode & 0o2000 ? SETGID : 0) | (mode & 0o1000 ? STICKY : 0);
  return {
    path,
    mode: (mode & 0o777) + special + TYPE_BITS[header.type],
    uid: header.uid,
    gid: header.gid,
    size: BigInt(header.size),
    modTime: BigInt(Math.floor(header.mtime)) * 1_000_000_000n,
    linkname: header.linkname,
    devmajor: BigInt(header.devmajor),
    devminor: BigInt(header.devminor),
    xattrs: {},
  };
}
