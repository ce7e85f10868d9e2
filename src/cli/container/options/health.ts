import type { HealthConfig } from "../../../api/schema.ts";
import type { ContainerOptions } from "./values.ts";

const LIMITS = [
  "health-interval",
  "health-timeout",
  "health-retries",
  "health-start-period",
  "health-start-interval",
] as const;

/** The health check; undefined when nothing is said of it. Errors: in the words of the docker client. */
export function parseHealth(flags: ContainerOptions): HealthConfig | undefined {
  const asked = Boolean(flags["health-cmd"]) || LIMITS.some((name) => (flags[name] ?? 0) !== 0);
  if (flags["no-healthcheck"]) {
    if (asked) throw new Error("--no-healthcheck conflicts with --health-* options");
    return { Test: ["NONE"] };
  }
  if (!asked) return undefined;
  for (const name of LIMITS) if ((flags[name] ?? 0) < 0) throw new Error(`--${name} cannot be negative`);
  return {
    ...(flags["health-cmd"] ? { Test: ["CMD-SHELL", flags["health-cmd"]] } : {}),
    Interval: flags["health-interval"] ?? 0,
    Timeout: flags["health-timeout"] ?? 0,
    StartPeriod: flags["health-start-period"] ?? 0,
    StartInterval: flags["health-start-interval"] ?? 0,
    Retries: flags["health-retries"] ?? 0,
  };
}
