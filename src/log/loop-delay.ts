/**
 * Tells when the event loop was held up, for whoever looks for the cause of late answers: dockerd does so where
 * PEQUOD_LOOP_DELAY says from how many milliseconds on. A line in the log tells how long, and of that how long its own thread computed and
 * how long it was ready but had no processor (proc_schedstat); the rest it slept in a system call.
 */
import { openSync, readSync } from "node:fs";
import type { Logger } from "./log.ts";

/** Milliseconds between two looks. */
const EVERY = 5;
const NANOSECONDS = 1e6;

export interface LoopDelay {
  /** Milliseconds, all three. */
  held: number;
  computed: number;
  queued: number;
}

/** Looks on until the process ends; does not keep it from ending. */
export function watchLoop(log: Logger, least: string): void {
  recordLoop(Number(least), ({ held, computed, queued }) => {
    log.info("event loop held up", {
      ms: held.toFixed(1),
      computed: computed.toFixed(1),
      queued: queued.toFixed(1),
    });
  });
}

/** Calls `tell` for each time of at least so many milliseconds; the result ends it. */
export function recordLoop(least: number, tell: (delay: LoopDelay) => void): () => void {
  const spent = threadTimes();
  let [before, then] = [performance.now(), spent()];
  const timer = setInterval(() => {
    const [now, times] = [performance.now(), spent()];
    const held = now - before - EVERY;
    if (held >= least)
      tell({ held, computed: times.computed - then.computed, queued: times.queued - then.queued });
    [before, then] = [performance.now(), times];
  }, EVERY);
  timer.unref();
  return () => clearInterval(timer);
}

/** Of the main thread, which is that of the event loop. Zeros where the kernel does not tell. */
function threadTimes(): () => { computed: number; queued: number } {
  const text = Buffer.alloc(128);
  let fd: number;
  try {
    fd = openSync("/proc/self/schedstat", "r");
  } catch {
    return () => ({ computed: 0, queued: 0 });
  }
  return () => {
    const length = readSync(fd, text, 0, text.length, 0);
    const [computed = 0, queued = 0] = text
      .toString("latin1", 0, length)
      .split(" ")
      .map((field) => Number(field) / NANOSECONDS);
    return { computed, queued };
  };
}
