import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { posix } from "node:path";
import type { TarHeader } from "../../../archive/tar/header.ts";
import { makeSpecial } from "../../../archive/tar/on-disk.ts";
import { TarReader } from "../../../archive/tar/reader.ts";
import { errnoOf, invalidArgument, messageOf } from "../../../errors/errors.ts";
import { closeFd } from "../../../linux/fd.ts";
import { hostOwner, hostRoot, type IDMap } from "../../../linux/id-map.ts";
import { setTimes } from "../../../linux/inode.ts";
import { makeFolderAt, O_DIRECTORY, O_PATH, openInRoot } from "../../../linux/openat2.ts";
import type { View } from "./view.ts";

export interface PutOptions {
  /** How the ids in the archive are mapped to those of the files. */
  ids: IDMap | undefined;
  /** Refuse to put a folder where something else is, and the other way round. */
  noOverwriteDirNonDir: boolean;
  /** Owner, in the container, of everything instead of what the archive says. */
  owner?: { uid: number; gid: number };
}

/**
 * Unpacks a tar into a folder of a container that may run: each entry's folder is opened with the container's root as
 * "/", and held open while the entry is made in it. Errors: invalidArgument for a folder that is none, and for entries
 * that cannot be made.
 */
export async function putArchive(
  view: View,
  tar: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<void> {
  const reader = new TarReader(tar);
  for (let header = await reader.next(); header; header = await reader.next()) {
    const name = posix.resolve("/", header.name);
    try {
      if (name === "/") continue;
      await putEntry(view, name, header, reader, options);
    } catch (cause) {
      if (errnoOf(cause) === undefined) throw cause;
      throw invalidArgument(`cannot unpack ${header.name}: ${messageOf(cause)}`, { cause });
    }
  }
}

async function putEntry(
  view: View,
  name: string,
  header: TarHeader,
  reader: TarReader,
  options: PutOptions,
): Promise<void> {
  const parent = openParent(view, posix.join(view.path, posix.dirname(name)), options.ids);
  try {
    const path = `/proc/self/fd/${parent}/${posix.basename(name)}`;
    makeRoom(path, header, options.noOverwriteDirNonDir);
    const { uid, gid } = hostOwner(options.ids, options.owner ?? header);
    if (header.type === "file") await putFile(path, header, reader, { uid, gid });
    else {
      make(view, path, header);
      lchownSync(path, uid, gid);
      if (header.type !== "symlink" && header.type !== "link") chmodSync(path, header.mode);
      if (header.type !== "link") setTimes(path, header.mtime);
    }
  } finally {
    closeFd(parent);
  }
}

/** Folders that the archive does not name are made. */
function openParent(view: View, path: string, ids: IDMap | undefined): number {
  try {
    return openInRoot(view.root, path, O_PATH | O_DIRECTORY);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" || path === "/") throw error;
  }
  const above = openParent(view, posix.dirname(path), ids);
  try {
    makeFolderAt(above, posix.basename(path), 0o755);
  } finally {
    closeFd(above);
  }
  const made = openInRoot(view.root, path, O_PATH | O_DIRECTORY);
  const { uid, gid } = hostRoot(ids);
  chownSync(`/proc/self/fd/${made}`, uid, gid);
  return made;
}

function makeRoom(path: string, header: TarHeader, strict: boolean): void {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (!present) return;
  const isFolder = header.type === "directory";
  if (present.isDirectory() && isFolder) return;
  if (strict && present.isDirectory() !== isFolder) {
    const [there, given] = isFolder ? ["non-directory", "directory"] : ["directory", "non-directory"];
    throw invalidArgument(`cannot overwrite ${there} with ${given} "${posix.resolve("/", header.name)}"`);
  }
  if (present.isDirectory()) rmSync(path, { recursive: true });
  else unlinkSync(path);
}

async function putFile(
  path: string,
  header: TarHeader,
  reader: TarReader,
  owner: { uid: number; gid: number },
): Promise<void> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
  const fd = openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
  try {
    for await (const chunk of reader.body()) {
      for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
    }
    fchownSync(fd, owner.uid, owner.gid);
    fchmodSync(fd, header.mode);
    futimesSync(fd, header.mtime, header.mtime);
  } finally {
    closeSync(fd);
  }
}

function make(view: View, path: string, header: TarHeader): void {
  switch (header.type) {
    case "directory":
      if (!lstatSync(path, { throwIfNoEntry: false })) mkdirSync(path, 0o700);
      return;
    case "symlink":
      symlinkSync(header.linkname, path);
      return;
    case "char":
    case "block":
    case "fifo":
      makeSpecial(path, header);
      return;
    case "link": {
      const target = posix.join(view.path, posix.resolve("/", header.linkname));
      const folder = openInRoot(view.root, posix.dirname(target), O_PATH | O_DIRECTORY);
      try {
        linkSync(`/proc/self/fd/${folder}/${posix.basename(target)}`, path);
      } finally {
        closeFd(folder);
      }
    }
  }
}
