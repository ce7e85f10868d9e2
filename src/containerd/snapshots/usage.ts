import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Usage } from "./snapshot.ts";

const BLOCK = 512;

/** Bytes on disk and inodes of a tree, hard links counted once. */
export async function treeUsage(root: string): Promise<Usage> {
  const seen = new Set<string>();
  const usage: Usage = { size: 0, inodes: 0 };
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    await count(folder, seen, usage);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else await count(path, seen, usage);
    }
  }
  return usage;
}

async function count(path: string, seen: Set<string>, usage: Usage): Promise<void> {
  const { dev, ino, nlink, blocks } = await lstat(path);
  if (nlink > 1) {
    const id = `${dev}:${ino}`;
    if (seen.has(id)) return;
    seen.add(id);
  }
  usage.size += blocks * BLOCK;
  usage.inodes++;
}
