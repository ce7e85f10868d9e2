import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { errnoOf } from "../../../errors/errors.ts";
import { punchHole, spliceToFile } from "../../../linux/splice.ts";

const { O_CREAT, O_RDWR } = constants;

/** What is taken at once: all that a pipe holds, unless somebody changed that. */
const CHUNK = 64 * 1024;
const PAGE = 4096;

/** Shared by all: what lies in it is dealt with before anybody reads again. */
const scratch = new Uint8Array(CHUNK);

/**
 * Output of one stream between the FIFO and the log. It goes from the FIFO into a file within the kernel, and only from
 * there to the daemon: so a daemon that is killed leaves it in the FIFO or in the file, whose size tells how much of the
 * stream has been taken. What is in the log is cut out of the file's front.
 */
export class StreamSpool {
  readonly #path: string;
  #fd: number | undefined;
  /** All three in bytes from the stream's beginning. */
  #taken = 0;
  #read = 0;
  #freed = 0;
  /** What could not be put into the file, as its disk is full; the next chunk. */
  #loose: Uint8Array | undefined;
  /** Some of an unfinished line is not in the file. */
  #leaky = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Goes on where an earlier daemon stopped. */
  resume(settled: number): void {
    this.#fd = openSync(this.#path, O_RDWR | O_CREAT, 0o600);
    this.#taken = fstatSync(this.#fd).size;
    this.#read = this.#freed = Math.min(settled, this.#taken);
  }

  /** Takes what waits in a FIFO. Returns how many bytes, 0 at its end, undefined if there is nothing. */
  take(fifo: number): number | undefined {
    if (this.#loose) return undefined;
    try {
      this.#fd ??= openSync(this.#path, O_RDWR | O_CREAT, 0o600);
      const moved = spliceToFile(fifo, this.#fd, this.#taken, CHUNK);
      this.#taken += moved ?? 0;
      return moved;
    } catch {
      // A disk that is full, most likely: the container had better go on.
      return this.#takeLoose(fifo);
    }
  }

  #takeLoose(fifo: number): number | undefined {
    const chunk = new Uint8Array(CHUNK);
    try {
      this.#loose = chunk.subarray(0, readSync(fifo, chunk));
    } catch (error) {
      if (errnoOf(error) === "EAGAIN") return undefined;
      throw error;
    }
    this.#leaky = true;
    return this.#loose.length;
  }

  /** What has been taken and nobody has had yet, in pieces; good until the next call. */
  next(): Uint8Array | undefined {
    const length = Math.min(CHUNK, this.#taken - this.#read);
    if (length === 0) {
      const loose = this.#loose;
      this.#loose = undefined;
      return loose;
    }
    const got = readSync(this.#fd!, scratch, 0, length, this.#read);
    this.#read += got;
    return scratch.subarray(0, got);
  }

  /** How far the stream is in the log, if `pending` bytes of what was given out wait for the rest of their line. */
  settled(pending: number): number {
    if (pending === 0) this.#leaky = false;
    return this.#leaky ? this.#read : this.#read - pending;
  }

  /** What is before that place is not needed any more. */
  free(place: number): void {
    const end = place - (place % PAGE);
    if (end - this.#freed < CHUNK || this.#fd === undefined) return;
    punchHole(this.#fd, this.#freed, end - this.#freed);
    this.#freed = end;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
