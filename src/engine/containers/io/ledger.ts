import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import type { LogPosition, StreamName } from "../../logs/types.ts";

const { O_CREAT, O_RDWR, O_TRUNC } = constants;

/** Bytes of both streams, inode and size of the log. */
const NUMBERS = 4;
const SIZE = NUMBERS * Float64Array.BYTES_PER_ELEMENT;

/**
 * What one daemon leaves to the next: up to where a container's output is in its log, and where the log ended then. It
 * is noted by one write of 32 bytes, which a process that is killed has done or has not.
 */
export class Ledger {
  readonly #fd: number;
  readonly #numbers: Float64Array;

  private constructor(fd: number, numbers: Float64Array) {
    this.#fd = fd;
    this.#numbers = numbers;
  }

  /** A new one, of streams that have not begun. */
  static create(path: string, log: LogPosition): Ledger {
    const fd = openSync(path, O_RDWR | O_CREAT | O_TRUNC, 0o600);
    const ledger = new Ledger(fd, new Float64Array(NUMBERS));
    ledger.note("stdout", 0, log);
    return ledger;
  }

  /** The one that is there; undefined if it was not finished. Errors: ENOENT. */
  static open(path: string): Ledger | undefined {
    const fd = openSync(path, O_RDWR);
    const numbers = new Float64Array(NUMBERS);
    if (readSync(fd, numbers, 0, SIZE, 0) === SIZE) return new Ledger(fd, numbers);
    closeSync(fd);
    return undefined;
  }

  /** Bytes of a stream, from its beginning, that are in the log. */
  of(stream: StreamName): number {
    return this.#numbers[stream === "stdout" ? 0 : 1]!;
  }

  get log(): LogPosition {
    return { inode: this.#numbers[2]!, size: this.#numbers[3]! };
  }

  note(stream: StreamName, bytes: number, { inode, size }: LogPosition): void {
    this.#numbers[stream === "stdout" ? 0 : 1] = bytes;
    this.#numbers[2] = inode;
    this.#numbers[3] = size;
    writeSync(this.#fd, this.#numbers, 0, SIZE, 0);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
