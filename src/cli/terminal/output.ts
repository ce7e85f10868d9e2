import { writeSync } from "node:fs";
import { errnoOf } from "../../errors/errors.ts";

const RETRY_MS = 2;
/** What a program killed by SIGPIPE ends with. */
const BROKEN_PIPE_CODE = 141;

/**
 * Writes all of it, waiting while the reader is slow: back-pressure reaches the engine because nothing is read from it
 * meanwhile. Ends the program when nobody reads the output any more, as SIGPIPE would.
 */
export function writeFully(fd: number, data: string | Uint8Array): void {
  let rest = typeof data === "string" ? Buffer.from(data) : data;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const code = errnoOf(error);
      if (code === "EAGAIN") Bun.sleepSync(RETRY_MS);
      else if (code === "EPIPE") process.exit(BROKEN_PIPE_CODE);
      else throw error;
    }
  }
}
