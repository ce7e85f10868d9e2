import type { RestartPolicy } from "../../../api/schema.ts";

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 60_000;
/** A run that lasted this long counts as a success: the delays begin anew. */
const LONG_RUN_MS = 10_000;

export interface RunOutcome {
  exitCode: number;
  /** How long it ran. */
  millis: number;
  /** Somebody stopped it, or the daemon is going down. */
  stopped: boolean;
  /** Restarts by the policy so far. */
  restarts: number;
}

/** True if the policy wants the container to be started again. */
export function wantsRestart(policy: RestartPolicy | undefined, run: RunOutcome): boolean {
  if (run.stopped) return false;
  switch (policy?.Name) {
    case "always":
    case "unless-stopped":
      return true;
    case "on-failure": {
      const most = policy.MaximumRetryCount ?? 0;
      return run.exitCode !== 0 && (most === 0 || run.restarts < most);
    }
    default:
      return false;
  }
}

/** Milliseconds to wait before the next start: 100 ms, doubled each time up to a minute. */
export function nextDelay(last: number, runMillis: number): number {
  if (last === 0 || runMillis >= LONG_RUN_MS) return FIRST_DELAY_MS;
  return Math.min(last * 2, LONGEST_DELAY_MS);
}
