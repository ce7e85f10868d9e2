/** How long dockerd's event loop was held up, as its log tells (src/log/loop-delay.ts). */
import { readFileSync } from "node:fs";

/** Tells only of times that dockerd itself is to blame for, from so many milliseconds on. */
export const LEAST_MS = 5;

/** Milliseconds, without those that it waited for a processor; of the lines since the last call. */
export function heldUpIn(log: string): () => number[] {
  let at = 0;
  return () => {
    const text = readFileSync(log, "utf8").slice(at);
    at += text.length;
    return [...text.matchAll(/msg="event loop held up" ms=([\d.]+) computed=[\d.]+ queued=([\d.]+)/g)]
      .map(([, held, queued]) => Number(held) - Number(queued))
      .filter((own) => own >= LEAST_MS);
  };
}
