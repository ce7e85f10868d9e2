import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { partialName } from "./atomic.ts";
import { faultPoint } from "./fault.ts";

/**
 * As writeAtomic() with durability "power", for a process that others wait for: a disk that has much to write lets
 * fsync take as long as all of that, and meanwhile the event loop turns.
 */
export async function replaceAtomic(
  path: string,
  content: string | Uint8Array,
  { mode = 0o644 }: { mode?: number } = {},
): Promise<void> {
  const partial = partialName(path);
  try {
    const file = await open(partial, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    faultPoint("atomic.rename", path);
    await rename(partial, path);
    faultPoint("atomic.renamed", path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await flushFolder(dirname(path));
}

/** Makes renames and removals in a folder survive a power loss; as syncFolder(), in the background. */
export async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
