import { cancelled } from "../../../errors/errors.ts";

export const WAIT_CONDITIONS = ["not-running", "next-exit", "removed"] as const;
export type WaitCondition = (typeof WAIT_CONDITIONS)[number];

export interface WaitResult {
  exitCode: number;
  /** Why the container could not be started or removed. */
  error?: string;
}

/** Those who wait for one container. */
export class Waiters {
  readonly #exit = new Set<(result: WaitResult) => void>();
  readonly #removal = new Set<(result: WaitResult) => void>();

  /** Resolves at the next end of a run. Errors: cancelled when the signal is aborted. */
  exit(signal?: AbortSignal): Promise<WaitResult> {
    return wait(this.#exit, signal);
  }

  removal(signal?: AbortSignal): Promise<WaitResult> {
    return wait(this.#removal, signal);
  }

  exited(result: WaitResult): void {
    settle(this.#exit, result);
  }

  removed(result: WaitResult): void {
    settle(this.#exit, result);
    settle(this.#removal, result);
  }

  /** A removal that did not work out: those who wait for it learn why. */
  removalFailed(result: WaitResult): void {
    settle(this.#removal, result);
  }
}

function wait(set: Set<(result: WaitResult) => void>, signal?: AbortSignal): Promise<WaitResult> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      set.delete(finish);
      reject(cancelled("wait was cancelled"));
    };
    const finish = (result: WaitResult) => {
      signal?.removeEventListener("abort", abort);
      resolve(result);
    };
    if (signal?.aborted) return abort();
    set.add(finish);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

function settle(set: Set<(result: WaitResult) => void>, result: WaitResult): void {
  const waiting = [...set];
  set.clear();
  for (const finish of waiting) finish(result);
}
