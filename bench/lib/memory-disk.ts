/** An ext4 file system in memory, so that neither the machine's disk nor what happened to it before enters a comparison. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Bytes; only what is written is taken. */
const SIZE = 8 * 2 ** 30;

function run(...command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
}

/** Mounts it on `folder`; the result unmounts it. */
export function mountMemoryDisk(folder: string): () => Promise<void> {
  const work = mkdtempSync("/dev/shm/pequod-bench-");
  const disk = join(work, "disk");
  try {
    run("truncate", "-s", String(SIZE), disk);
    run("mkfs.ext4", "-q", disk);
    run("mount", "-o", "loop", disk, folder);
  } finally {
    // The mount keeps the file.
    rmSync(work, { recursive: true });
  }
  return async () => run("umount", "--recursive", folder);
}
