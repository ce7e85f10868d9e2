import { messageOf } from "../../../errors/errors.ts";
import { millisSince } from "../../time.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { saveContainer } from "../record.ts";
import type { HealthResult, HealthState } from "../state/health.ts";
import { type HealthCheck, healthCheckOf } from "./check.ts";
import { probe } from "./probe.ts";

/** How many results are kept. */
const KEPT_RESULTS = 5;

/** Begins the container's health checks, if it has any; ended by container.stopHealth(). */
export function startHealthChecks(env: Env, container: Container): void {
  container.stopHealth?.();
  container.stopHealth = undefined;
  const check = healthCheckOf(container.config);
  container.state.health = check && { Status: "starting", FailingStreak: 0, Log: [] };
  if (!check) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const next = () => {
    if (stopped) return;
    timer = setTimeout(
      () => {
        checkOnce(env, container, check, () => stopped)
          .catch((error) =>
            env.log.warn("health check failed", { container: container.id, error: messageOf(error) }),
          )
          .finally(next);
      },
      delay(container, check),
    );
  };
  container.stopHealth = () => {
    stopped = true;
    clearTimeout(timer);
    container.stopHealth = undefined;
  };
  next();
}

function inStartPeriod({ state }: Container, check: HealthCheck): boolean {
  return state.health?.Status === "starting" && millisSince(state.startedAt) < check.startPeriod;
}

function delay(container: Container, check: HealthCheck): number {
  return inStartPeriod(container, check) ? Math.min(check.startInterval, check.interval) : check.interval;
}

async function checkOnce(
  env: Env,
  container: Container,
  check: HealthCheck,
  stopped: () => boolean,
): Promise<void> {
  if (container.state.status !== "running") return;
  const lenient = inStartPeriod(container, check);
  const result = await probe(env, container, check);
  // Its container has ended meanwhile: the result says nothing.
  if (stopped() || !container.state.health) return;
  const { changed } = applyResult(container.state.health, result, check.retries, lenient);
  saveContainer(container);
  if (changed) publish(env, container, `health_status: ${container.state.health.Status}`);
}

/** Takes a result into account. `lenient`: a failure does not count yet. */
export function applyResult(
  health: HealthState,
  result: HealthResult,
  retries: number,
  lenient: boolean,
): { changed: boolean } {
  const before = health.Status;
  health.Log = [...health.Log, result].slice(-KEPT_RESULTS);
  if (result.ExitCode === 0) {
    health.FailingStreak = 0;
    health.Status = "healthy";
  } else if (!lenient) {
    health.FailingStreak++;
    if (health.FailingStreak >= retries) health.Status = "unhealthy";
  }
  return { changed: health.Status !== before };
}
