import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";

/** Where the FIFOs of a container and its exec processes are. */
export const fifoFolder = (env: Env, container: Container): string =>
  join(env.config.execRoot, "containerd", container.id);

/** All such folders that there are; a containerd that dockerd supervises has its state beside them. */
export function fifoFolders(env: Env): string[] {
  const parent = join(env.config.execRoot, "containerd");
  const names = existsSync(parent) ? readdirSync(parent) : [];
  return names.filter((name) => /^[0-9a-f]{64}$/.test(name)).map((id) => join(parent, id));
}
