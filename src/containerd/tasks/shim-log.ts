import { closeSync, constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../errors/errors.ts";
import { makeFifo } from "../../linux/fifo.ts";
import type { Bundle } from "./bundle.ts";

/**
 * Reads what a shim logs to the FIFO "log" of its bundle, and copies it to our stderr. A shim may wait
 * until somebody reads there, so this comes before its start. Opened for both directions: the FIFO then
 * never ends, whichever side restarts. Returns the function that stops.
 */
export function followShimLog(bundle: Bundle): () => void {
  const path = join(bundle.path, "log");
  try {
    makeFifo(path, 0o600);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const reader = Bun.file(fd).stream().getReader();
  void copy(reader).finally(() => closeSync(fd));
  return () => void reader.cancel().catch(() => {});
}

interface Reader {
  read(): Promise<{ value?: Uint8Array; done: boolean }>;
}

async function copy(reader: Reader): Promise<void> {
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done || !value) return;
      writeSync(2, value);
    }
  } catch {
    // Nobody to tell: the log itself is what failed.
  }
}
