import { closeSync, constants, openSync } from "node:fs";
import { errnoOf } from "../../../errors/errors.ts";

const { O_NONBLOCK, O_RDWR, O_WRONLY } = constants;

/**
 * The writing end of a process's stdin FIFO. Until the shim has opened it (`started`), a reading end is held too;
 * afterwards writing to a process that has gone fails at once instead of filling the FIFO.
 */
export class InputPipe {
  #holding: number | undefined;
  readonly #writing: number;
  readonly #sink: Bun.FileSink;
  #closed = false;
  #queue: Promise<void> = Promise.resolve();

  /** `running`: the shim has the FIFO open already. Errors: ENXIO when it has not. */
  constructor(path: string, running: boolean) {
    if (!running) this.#holding = openSync(path, O_RDWR | O_NONBLOCK);
    try {
      this.#writing = openSync(path, O_WRONLY | O_NONBLOCK);
    } catch (error) {
      this.started();
      throw error;
    }
    this.#sink = Bun.file(this.#writing).writer();
  }

  started(): void {
    if (this.#holding !== undefined) closeSync(this.#holding);
    this.#holding = undefined;
  }

  /** Resolves when the process can take more; false if it takes nothing any more. Chunks keep their order. */
  write(chunk: Uint8Array): Promise<boolean> {
    const written = this.#queue.then(() => this.#write(chunk));
    this.#queue = written.then(() => {});
    return written;
  }

  async #write(chunk: Uint8Array): Promise<boolean> {
    if (this.#closed) return false;
    try {
      // Both may be promises, and either may be the one that fails.
      await this.#sink.write(chunk);
      await this.#sink.flush();
      return true;
    } catch (error) {
      if (errnoOf(error) === "EPIPE" || this.#closed) return false;
      throw error;
    }
  }

  /** After all that was written before, the process reads the end of the file (once the shim closes its own end, too). */
  async close(): Promise<void> {
    await this.#queue.catch(() => {});
    if (this.#closed) return;
    this.#closed = true;
    this.started();
    try {
      await this.#sink.end();
    } catch {
      // The reader has gone.
    }
    closeSync(this.#writing);
  }
}
