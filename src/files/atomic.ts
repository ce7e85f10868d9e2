import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
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
  const partial = partialName(path);
  try {
    writeWhole(partial, content, mode, durability === "power");
    faultPoint("atomic.rename", path);
    renameSync(partial, path);
    faultPoint("atomic.renamed", path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
  if (durability === "power") syncFolder(dirname(path));
}

/** What a file is called until it is whole: removePartials() knows such names. */
export const partialName = (path: string): string => `${path}.tmp-${process.pid}-${counter++}`;

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

const PARTIAL = /\.tmp-(\d+)-\d+$/;

/**
 * Removes what killed processes left of writeAtomic() below `root`, in folders that match `patterns` (globs of files).
 * Only for whoever is alone at work there.
 */
export async function removePartials(root: string, patterns: readonly string[]): Promise<void> {
  for (const pattern of patterns) {
    const files = new Bun.Glob(`${pattern}.tmp-*`).scan({ cwd: root, dot: true });
    for await (const file of files) {
      const writer = PARTIAL.exec(file)?.[1];
      if (writer !== undefined && Number(writer) !== process.pid) rmSync(join(root, file), { force: true });
    }
  }
}
