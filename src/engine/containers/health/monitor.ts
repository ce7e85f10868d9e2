import type { Container } from "../container.ts";
import type { Env } from "../env.ts";

/** Begins the container's health checks, if it has any. */
export function startHealthChecks(_env: Env, container: Container): void {
  container.stopHealth = undefined;
}
