import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { faultPoint } from "./fault.ts";

export interface AtomicOptions {
  mode?: number;
  /**
   * "crash": survives the death of any process (write, rename). "power": also the death of the machine
   * (fsync of the file and its folder). Default "power".
   */
  durability?: "crash" | "power";
}

let counter = 0;

/** Replaces a file's content whole or not at all: a reader, or a restart, sees the old text or the new. */
export function writeAtomic(path: string, content: string | Uint8Array, options: AtomicOptions = {}): void {
  const { mode = 0o644, durability = "power" } = options;
  const partial = `${path}.tmp-${process.pid}-${counter++}`;
  try {
    writeWhole(partial, content, mode, durability === "power");
    faultPoint("atomic.rename");
    renameSync(partial, path);
    faultPoint("atomic.renamed");
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
  if (durability === "power") syncFolder(dirname(path));
}

function writeWhole(path: string, content: string | Uint8Array, mode: number, sync: boolean): void {
  const fd = openSync(path, "wx", mode);
  try {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    if (sync) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes renames and removals in a folder survive a power loss. */
export function syncFolder(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
