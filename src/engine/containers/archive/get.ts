import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
  statfsSync,
} from "node:fs";
import { posix } from "node:path";
import type { TarType } from "../../../archive/tar/header.ts";
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "../../../archive/tar/writer.ts";
import { errnoOf } from "../../../errors/errors.ts";
import { containerOwner, type IDMap } from "../../../linux/id-map.ts";
import { splitDevice } from "../spec/resources.ts";
import type { Located } from "./stat.ts";

const CHUNK = 1 << 18;
const O_PATH = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/**
 * A file or folder of a container as a tar. The container may run and change its files meanwhile, with bad intent:
 * every folder is held open while its content is read, and no link is ever followed.
 */
export async function* tarOf(located: Located, { ids, isMount }: TarOptions): AsyncGenerator<Uint8Array> {
  const walk: Walk = { ids, enters: (path, stats, parent) => stats.dev === parent.dev || isMount(path) };
  if (located.stats.isDirectory() && isKernels(located.path))
    yield encodeHeader(headerOf(located.path, located.base, located.stats, "directory", ids));
  else yield* entry(located.path, { name: located.base, at: placeOf(located) }, located.stats, walk);
  yield END_OF_ARCHIVE;
}

export interface TarOptions {
  ids: IDMap | undefined;
  /** Whether something of the container's own is mounted there: a volume, a bind, a tmpfs. */
  isMount(path: string): boolean;
}

interface Walk {
  ids: IDMap | undefined;
  /** What the runtime has mounted (/proc, /sys, /dev) is shown empty, as the image has it. */
  enters(path: string, stats: Stats, parent: Stats): boolean;
}

/** What a file is called in the archive, and where it is in the container. */
interface Names {
  name: string;
  at: string;
}

/** As the kernel names it, without the links on the way; in a container that runs, from its root. */
function placeOf({ parent, path }: Located): string {
  return posix.join(readlinkSync(`/proc/self/fd/${parent}`), posix.basename(path));
}

/** Magic numbers (statfs(2)) of proc, sysfs and the control groups: endless, and not files. */
const KERNELS = [0x9fa0, 0x62656572, 0x27e0eb, 0x63677270];
const isKernels = (folder: string) => KERNELS.includes(statfsSync(folder).type);

async function* entry(
  path: string,
  { name, at }: Names,
  stats: Stats,
  walk: Walk,
): AsyncGenerator<Uint8Array> {
  const { ids, enters } = walk;
  if (stats.isFile()) return yield* file(path, name, ids);
  const type = typeOf(stats);
  if (type === undefined) return;
  yield encodeHeader(headerOf(path, name, stats, type, ids));
  if (!stats.isDirectory()) return;
  const fd = openSync(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    const folder = `/proc/self/fd/${fd}`;
    for (const child of readdirSync(folder).sort()) {
      const childPath = `${folder}/${child}`;
      const childStats = statOf(childPath);
      if (!childStats) continue;
      const names = { name: name === "/" ? `/${child}` : `${name}/${child}`, at: posix.join(at, child) };
      if (!childStats.isDirectory() || enters(names.at, childStats, stats))
        yield* tolerant(entry(childPath, names, childStats, walk));
      else yield encodeHeader(headerOf(childPath, names.name, childStats, "directory", ids));
    }
  } finally {
    closeSync(fd);
  }
}

/** What is taken away, or made into something else, while it is being read is left out. */
async function* tolerant(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    if (!["ENOENT", "ELOOP", "ENOTDIR", "ENXIO"].includes(errnoOf(error) ?? "")) throw error;
  }
}

const statOf = (path: string) => lstatSync(path, { throwIfNoEntry: false });

async function* file(path: string, name: string, ids: IDMap | undefined): AsyncGenerator<Uint8Array> {
  // Not blocking: a FIFO may have taken the file's place.
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return;
    yield encodeHeader(headerOf(path, name, stats, "file", ids));
    for (let left = stats.size; left > 0; ) {
      const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, left));
      const count = readSync(fd, chunk);
      // It has become shorter: the header has promised more.
      const part = count === 0 ? chunk.fill(0) : chunk.subarray(0, count);
      left -= part.length;
      yield part;
    }
    yield padding(stats.size);
  } finally {
    closeSync(fd);
  }
}

function typeOf(stats: Stats): TarType | undefined {
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isCharacterDevice()) return "char";
  if (stats.isBlockDevice()) return "block";
  return stats.isFIFO() ? "fifo" : undefined;
}

function headerOf(path: string, name: string, stats: Stats, type: TarType, ids: IDMap | undefined) {
  const device = type === "char" || type === "block" ? splitDevice(stats.rdev) : { major: 0, minor: 0 };
  return tarHeader({
    name,
    type,
    size: type === "file" ? stats.size : 0,
    mode: stats.mode & 0o7777,
    ...containerOwner(ids, stats),
    mtime: Math.floor(stats.mtimeMs / 1000),
    linkname: type === "symlink" ? readlinkSync(path) : "",
    devmajor: device.major,
    devminor: device.minor,
  });
}
