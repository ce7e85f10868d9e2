import { write, writeSync } from "node:fs";
import { errnoOf } from "../../errors/errors.ts";
import { isWritable } from "./poll.ts";

const RETRY_MS = 2;
/** What a program killed by SIGPIPE ends with. */
const BROKEN_PIPE_CODE = 141;
/** A pipe that has room at all has room for a page. */
const PAGE = 4096;
/** What a pipe holds that nobody reads from: so much is written without a look, which takes a millisecond to set up. */
const UNLOOKED = 32 * 1024;

let written = 0;

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
      retryOrThrow(error);
      Bun.sleepSync(RETRY_MS);
    }
  }
}

/**
 * As writeFully(), for streams: signals and input are served while the reader is slow. Resolves when all is written.
 * What can be written at once is, and then nothing is returned.
 */
export function writeAll(fd: number, data: Uint8Array): Promise<void> | void {
  written += data.length;
  if (written > UNLOOKED && (data.length > PAGE || !isWritable(fd))) return writeSlowly(fd, data);
  writeFully(fd, data);
}

async function writeSlowly(fd: number, data: Uint8Array): Promise<void> {
  let rest = data;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(await writeOnce(fd, rest));
    } catch (error) {
      retryOrThrow(error);
      await Bun.sleep(RETRY_MS);
    }
  }
}

function writeOnce(fd: number, data: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) =>
    write(fd, data, (error, written) => (error ? reject(error) : resolve(written))),
  );
}

function retryOrThrow(error: unknown): void {
  const code = errnoOf(error);
  if (code === "EPIPE") process.exit(BROKEN_PIPE_CODE);
  if (code !== "EAGAIN") throw error;
}
