import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";

/** Bytes of all files below a folder; what vanishes meanwhile does not count. */
export async function bytesBelow(path: string): Promise<number> {
  let bytes = 0;
  const folder = await opendir(path).catch(() => undefined);
  if (!folder) return 0;
  for await (const entry of folder) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) bytes += await bytesBelow(child);
    else bytes += (await lstat(child).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}
