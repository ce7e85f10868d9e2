import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomic } from "../../files/atomic.ts";

/** The engine's own id, kept in the data root from its first start on. */
export function engineID(dataRoot: string): string {
  const path = join(dataRoot, "engine-id");
  if (existsSync(path)) return readFileSync(path, "utf8").trim();
  const id = randomUUID();
  writeAtomic(path, id);
  return id;
}
