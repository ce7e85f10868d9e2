import { mkdirSync, openSync, unlinkSync } from "node:fs";
import { join } from "node:path";

/** A file in the folder, which is made, that goes with its last descriptor, whatever happens. */
export function openSpool(folder: string): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `spool-${crypto.randomUUID()}`);
  const fd = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  return fd;
}
