import { closeSync, constants, openSync } from "node:fs";
import { errnoOf } from "../../../errors/errors.ts";

const { O_NONBLOCK, O_WRONLY } = constants;

/** How long the shim of a started process may take to open its end, milliseconds. */
const PATIENCE_MS = 10_000;
const LONGEST_PAUSE_MS = 50;

interface Opened {
  fd: number;
  sink: Bun.FileSink;
}

/**
 * The writing end of a process's stdin FIFO. What is written waits until the shim has opened its end: stock's may do that
 * a while after it has answered the start, and what nobody has open is lost.
 */
export class InputPipe {
  readonly #path: string;
  #opened: Opened | undefined;
  #opening: Promise<void> | undefined;
  #closed = false;
  #queue: Promise<void> = Promise.resolve();

  /** `running`: the shim has the FIFO open already. Errors: ENXIO when it has not. */
  constructor(path: string, running: boolean) {
    this.#path = path;
    if (running) this.#opened = open(path);
  }

  /** There is a process: what is written goes to it. */
  started(): void {
    if (this.#opened || this.#closed) return;
    this.#tryToOpen();
    if (!this.#opened) this.#opening = this.#openLater();
  }

  #tryToOpen(): void {
    try {
      this.#opened = open(this.#path);
    } catch (error) {
      if (errnoOf(error) !== "ENXIO") throw error;
    }
  }

  async #openLater(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let pause = 1; !this.#closed && performance.now() < deadline; pause *= 2) {
      await Bun.sleep(Math.min(pause, LONGEST_PAUSE_MS));
      if (!this.#closed) this.#tryToOpen();
      if (this.#opened) return;
    }
  }

  /** Resolves when the process can take more; false if it takes nothing any more. Chunks keep their order. */
  write(chunk: Uint8Array): Promise<boolean> {
    const written = this.#queue.then(() => this.#write(chunk));
    this.#queue = written.then(() => {});
    return written;
  }

  async #write(chunk: Uint8Array): Promise<boolean> {
    await this.#opening;
    if (this.#closed || !this.#opened) return false;
    const { sink } = this.#opened;
    try {
      // Both may be promises, and either may be the one that fails.
      await sink.write(chunk);
      await sink.flush();
      return true;
    } catch (error) {
      if (errnoOf(error) === "EPIPE" || this.#closed) return false;
      throw error;
    }
  }

  /**
   * After all that was written before, the process reads the end of the file (once the shim closes its own end, too).
   * `isOver`: there is no process any more, so that nobody is waited for.
   */
  async close(isOver = false): Promise<void> {
    if (isOver && !this.#opened) this.#closed = true;
    await this.#queue.catch(() => {});
    await this.#opening?.catch(() => {});
    const opened = this.#opened;
    this.#opened = undefined;
    this.#closed = true;
    if (!opened) return;
    try {
      await opened.sink.end();
    } catch {
      // The reader has gone.
    }
    closeSync(opened.fd);
  }
}

/** Errors: ENXIO when nobody has it open for reading. */
function open(path: string): Opened {
  const fd = openSync(path, O_WRONLY | O_NONBLOCK);
  return { fd, sink: Bun.file(fd).writer() };
}
