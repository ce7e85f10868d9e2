import { mkdirSync, openSync, unlinkSync } from "node:fs";
import { join } from "node:path";

/** A path in the folder, which is made, for a file that is to lose its name at once. */
export function spoolPath(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, `spool-${crypto.randomUUID()}`);
}

/** A file that goes with its last descriptor, whatever happens. */
export function openSpool(folder: string): number {
  const path = spoolPath(folder);
  const fd = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  return fd;
}
