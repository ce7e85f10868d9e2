import { closeFd, writeFd } from "../../linux/fd.ts";

/** A running copy from one descriptor to another. */
export interface Pump {
  /** Resolves when the source has ended and everything is written; never rejects. */
  readonly done: Promise<void>;
  /** Whether it has written all that it has read, and goes on: there is nothing on its way. */
  readonly waiting: boolean;
  /** Ends the copy; what was not read yet stays unread. */
  stop(): void;
}

/**
 * Copies until `source` ends, holding back while `target` is full. Takes over `source` (closes it);
 * `target` stays open. Both must be non-blocking. An error ends the copy: a terminal whose last process
 * has gone reads EIO.
 */
export function pump(source: number, target: number): Pump {
  const reader = Bun.file(source).stream().getReader();
  let waiting = true;
  const copy = async (): Promise<void> => {
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        waiting = false;
        await writeAll(target, part.value);
        waiting = true;
      }
    } catch {
      // The end of a terminal, or the other side has gone.
    } finally {
      waiting = false;
      closeFd(source);
    }
  };
  return {
    done: copy(),
    stop: () => void reader.cancel().catch(() => {}),
    get waiting() {
      return waiting;
    },
  };
}

const RETRY_FIRST = 1;
const RETRY_LONGEST = 50;

/** Writes all, waiting while the target is full; the pause grows as long as nothing moves. */
async function writeAll(target: number, data: Uint8Array): Promise<void> {
  let pause = RETRY_FIRST;
  for (let rest = data; rest.length > 0; ) {
    try {
      rest = rest.subarray(writeFd(target, rest));
      pause = RETRY_FIRST;
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(pause * 2, RETRY_LONGEST);
    }
  }
}
