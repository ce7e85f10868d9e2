import { lstatSync, readdirSync } from "node:fs";

/** Bytes of the files below a folder, each hard-linked file once, as Docker counts a layer's size. */
export function folderSize(path: string, seen: Set<number> = new Set()): number {
  let bytes = 0;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = `${path}/${entry.name}`;
    if (entry.isDirectory()) {
      bytes += folderSize(child, seen);
      continue;
    }
    const stat = lstatSync(child);
    if (stat.nlink > 1) {
      if (seen.has(stat.ino)) continue;
      seen.add(stat.ino);
    }
    bytes += stat.size;
  }
  return bytes;
}
