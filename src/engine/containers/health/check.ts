import type { ContainerConfig } from "../../../api/schema.ts";

/** A container's health check, with stock's defaults; times in milliseconds. */
export interface HealthCheck {
  command: string[];
  interval: number;
  timeout: number;
  startPeriod: number;
  /** Between checks during the start period. */
  startInterval: number;
  retries: number;
}

const NANOS_PER_MILLI = 1_000_000;
const millis = (nanos: number | undefined, fallback: number) => (nanos ? nanos / NANOS_PER_MILLI : fallback);

/** undefined if the container has none, or if it has been switched off. */
export function healthCheckOf(config: ContainerConfig): HealthCheck | undefined {
  const [kind, ...words] = config.Healthcheck?.Test ?? [];
  const command = kind === "CMD" ? words : kind === "CMD-SHELL" ? shellCommand(config, words) : [];
  if (command.length === 0) return undefined;
  const { Interval, Timeout, StartPeriod, StartInterval, Retries } = config.Healthcheck ?? {};
  return {
    command,
    interval: millis(Interval, 30_000),
    timeout: millis(Timeout, 30_000),
    startPeriod: millis(StartPeriod, 0),
    startInterval: millis(StartInterval, 5000),
    retries: Retries || 3,
  };
}

function shellCommand(config: ContainerConfig, words: string[]): string[] {
  const shell = config.Shell?.length ? config.Shell : ["/bin/sh", "-c"];
  return [...shell, words[0] ?? ""];
}
