import { join } from "node:path";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";

/** Where the FIFOs of a container and its exec processes are. */
export const fifoFolder = (env: Env, container: Container): string =>
  join(env.config.execRoot, "containerd", container.id);
