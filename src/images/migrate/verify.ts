import { createHash } from "node:crypto";
import { closeSync, lstatSync, readlinkSync, readSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { TarHeader } from "../../archive/tar/header.ts";
import { TarReader } from "../../archive/tar/reader.ts";
import { dataLoss } from "../../errors/errors.ts";
import { closeFd } from "../../linux/fd.ts";
import { openInRoot, openRoot } from "../../linux/openat2.ts";

const CHUNK = 1 << 20;

/**
 * Compares the tar of a container's own changes with the file system that they have become: each entry must be there
 * with its kind, mode, owner and content, and each deletion be one. Errors: dataLoss, naming the first difference.
 */
export async function verifyTree(tar: AsyncIterable<Uint8Array>, root: string): Promise<void> {
  const reader = new TarReader(tar);
  for (let header = await reader.next(); header; header = await reader.next()) {
    const slash = header.name.lastIndexOf("/") + 1;
    const base = header.name.slice(slash);
    if (base.startsWith(".wh..wh.")) continue;
    if (base.startsWith(".wh.")) checkGone(root, header.name.slice(0, slash) + base.slice(4));
    else await checkEntry(root, header, reader);
  }
}

function differs(name: string, why: string): Error {
  return dataLoss(`the copy differs from the original: /${name}: ${why}`);
}

/** What was deleted and made again comes as an entry of its own later. */
function checkGone(root: string, name: string): void {
  const stat = lstatSync(join(root, name), { throwIfNoEntry: false });
  if (stat && !stat.isDirectory()) throw differs(name, "it should have been deleted");
}

const KINDS: Record<TarHeader["type"], (stat: Stats) => boolean> = {
  file: (stat) => stat.isFile(),
  link: (stat) => !stat.isDirectory(),
  symlink: (stat) => stat.isSymbolicLink(),
  directory: (stat) => stat.isDirectory(),
  char: (stat) => stat.isCharacterDevice(),
  block: (stat) => stat.isBlockDevice(),
  fifo: (stat) => stat.isFIFO(),
};

async function checkEntry(root: string, header: TarHeader, reader: TarReader): Promise<void> {
  const stat = lstatSync(join(root, header.name), { throwIfNoEntry: false });
  if (!stat) throw differs(header.name, "it is missing");
  if (!KINDS[header.type](stat)) throw differs(header.name, `it is no ${header.type}`);
  if (header.type === "link") return;
  if (stat.uid !== header.uid || stat.gid !== header.gid)
    throw differs(header.name, `owner ${stat.uid}:${stat.gid}, not ${header.uid}:${header.gid}`);
  if (header.type === "symlink") {
    if (readlinkSync(join(root, header.name)) !== header.linkname) throw differs(header.name, "its target");
    return;
  }
  if ((stat.mode & 0o7777) !== header.mode)
    throw differs(header.name, `mode ${(stat.mode & 0o7777).toString(8)}`);
  if (header.type !== "file") return;
  if (stat.size !== header.size) throw differs(header.name, `${stat.size} bytes, not ${header.size}`);
  const wanted = createHash("sha256");
  for await (const chunk of reader.body()) wanted.update(chunk);
  if (wanted.digest("hex") !== contentHash(root, header.name)) throw differs(header.name, "its content");
}

function contentHash(root: string, name: string): string {
  const folder = openRoot(root);
  const hash = createHash("sha256");
  try {
    const fd = openInRoot(folder, name, 0);
    try {
      const buffer = Buffer.allocUnsafe(CHUNK);
      for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer))
        hash.update(buffer.subarray(0, got));
    } finally {
      closeSync(fd);
    }
  } finally {
    closeFd(folder);
  }
  return hash.digest("hex");
}
