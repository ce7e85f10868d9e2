import { cancelled } from "../../errors/errors.ts";

/** Errors: cancelled, in stock's words, once the signal is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled("context canceled");
}

/** Waits for a promise, or until the signal; the promise goes on by itself then. Errors: cancelled. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(cancelled("context canceled"));
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(cancelled("context canceled"));
    signal.addEventListener("abort", abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Waits so many milliseconds; an abort ends the wait at once, and the caller's next step then fails. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
}
