import { closeSync, constants, openSync } from "node:fs";

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Takes a chunk; what it returns is awaited before more is read. */
export type ChunkHandler = (chunk: Uint8Array) => void | Promise<void>;

interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
  cancel(): Promise<void>;
}

/**
 * The reading end of one output FIFO. A writing end is held open beside it, so that the stream does not end while
 * no shim has the FIFO open (before the start, or between two shims); closing that one lets the end be seen as soon
 * as the shim has closed its own, with everything that was written read before.
 */
export class OutputPipe {
  readonly #reading: number;
  #holding: number | undefined;
  readonly #reader: Reader;
  readonly #done: Promise<void>;

  /** Opens the FIFO and begins to read. */
  constructor(path: string, onChunk: ChunkHandler) {
    this.#reading = openSync(path, O_RDONLY | O_NONBLOCK);
    try {
      this.#holding = openSync(path, O_WRONLY | O_NONBLOCK);
    } catch (error) {
      closeSync(this.#reading);
      throw error;
    }
    this.#reader = Bun.file(this.#reading).stream().getReader();
    this.#done = this.#pump(onChunk).finally(() => closeSync(this.#reading));
  }

  async #pump(onChunk: ChunkHandler): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done || value === undefined) return;
      const handled = onChunk(value);
      if (handled) await handled;
    }
  }

  /**
   * The process has ended: reads what is left, then closes. If somebody else still holds the FIFO open (a process
   * that the container left behind), stops after `patience` milliseconds.
   */
  async finish(patience: number): Promise<void> {
    if (this.#holding !== undefined) closeSync(this.#holding);
    this.#holding = undefined;
    const timer = setTimeout(() => void this.#reader.cancel().catch(() => {}), patience);
    try {
      await this.#done;
    } finally {
      clearTimeout(timer);
    }
  }
}
