import { lstatSync, readdirSync } from "node:fs";

/** Bytes of all files below a folder; links are not followed. */
export function folderBytes(path: string): number {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.isFile() ? stat.size : 0;
  return readdirSync(path).reduce((sum, name) => sum + folderBytes(`${path}/${name}`), 0);
}
