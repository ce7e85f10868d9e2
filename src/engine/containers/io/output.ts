import { closeSync, constants, openSync } from "node:fs";
import { faultPoint } from "../../../files/fault.ts";
import { Readiness } from "../../../linux/readiness.ts";
import type { StreamSpool } from "./stream-spool.ts";

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Takes a chunk, which is good until it returns; what it returns is awaited before more is read. */
export type ChunkHandler = (chunk: Uint8Array) => void | Promise<void>;

/** The reading end of one output FIFO. */
export interface Output {
  /** Takes at once what the FIFO holds, wherever the reader of the output is, if there is a place to put it. */
  drain(): void;
  /**
   * The process has ended: reads what is left, then closes. If somebody else still holds the FIFO open (a process
   * that the container left behind), stops after `patience` milliseconds.
   */
  finish(patience: number): Promise<void>;
}

/**
 * A FIFO opened for reading. A writing end is held open beside it, so that the stream does not end while no shim has
 * the FIFO open (before the start, or between two shims); closing that one lets the end be seen as soon as the shim has
 * closed its own, with everything that was written read before.
 */
class Fifo {
  readonly path: string;
  readonly fd: number;
  #holding: number | undefined;

  constructor(path: string) {
    this.path = path;
    this.fd = openSync(path, O_RDONLY | O_NONBLOCK);
    try {
      this.#holding = openSync(path, O_WRONLY | O_NONBLOCK);
    } catch (error) {
      closeSync(this.fd);
      throw error;
    }
  }

  release(): void {
    if (this.#holding !== undefined) closeSync(this.#holding);
    this.#holding = undefined;
  }

  /** Waits for the end of reading, which `stop` brings about if it does not come by itself. */
  async finish(done: Promise<void>, patience: number, stop: () => void): Promise<void> {
    this.release();
    const timer = setTimeout(stop, patience);
    try {
      await done;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.release();
    closeSync(this.fd);
  }
}

interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
  cancel(): Promise<void>;
}

/** Read straight into the daemon's memory: what it has not dealt with is lost when it is killed. */
export class DirectOutput implements Output {
  readonly #fifo: Fifo;
  #reader: Reader | undefined;
  readonly #done: Promise<void>;

  /** Opens the FIFO, and reads once `wanted` is true; not at all if it turns out to be false. */
  constructor(path: string, wanted: Promise<boolean>, onChunk: ChunkHandler) {
    this.#fifo = new Fifo(path);
    this.#done = this.#pump(wanted, onChunk).finally(() => this.#fifo.close());
  }

  async #pump(wanted: Promise<boolean>, onChunk: ChunkHandler): Promise<void> {
    if (!(await wanted)) return;
    const reader: Reader = Bun.file(this.#fifo.fd).stream().getReader();
    this.#reader = reader;
    for (;;) {
      const { done, value } = await reader.read();
      if (done || value === undefined) return;
      const handled = onChunk(value);
      if (handled) await handled;
    }
  }

  drain(): void {}

  finish(patience: number): Promise<void> {
    return this.#fifo.finish(this.#done, patience, () => void this.#reader?.cancel().catch(() => {}));
  }
}

/** More than a pipe can hold: who writes on after the process has ended is not waited for. */
const MOST_AT_ONCE = 1024 * 1024;

/** Every so many chunks others have their turn. */
const TURNS = 4;

/** Read by way of a spool, which outlives the daemon. */
export class SpooledOutput implements Output {
  readonly #fifo: Fifo;
  readonly #spool: StreamSpool;
  readonly #readiness: Readiness;
  readonly #done: Promise<void>;

  /** Opens the FIFO, and reads once `wanted` is true; not at all if it turns out to be false. */
  constructor(path: string, spool: StreamSpool, wanted: Promise<boolean>, onChunk: ChunkHandler) {
    this.#spool = spool;
    this.#fifo = new Fifo(path);
    try {
      this.#readiness = new Readiness(this.#fifo.fd);
    } catch (error) {
      this.#fifo.close();
      throw error;
    }
    this.#done = this.#pump(wanted, onChunk).finally(() => {
      this.#readiness.close();
      this.#fifo.close();
    });
  }

  async #pump(wanted: Promise<boolean>, onChunk: ChunkHandler): Promise<void> {
    if (!(await wanted)) return;
    let turns = 0;
    for (let goesOn = true; goesOn; ) {
      await this.#tell(onChunk);
      const taken = this.#take();
      if (taken === 0) return;
      turns = taken === undefined ? 0 : turns + 1;
      // Until the FIFO is empty: then what comes next on the other stream was printed later.
      if (turns === 0) goesOn = await this.#readiness.wait();
      else if (turns % TURNS === 0) goesOn = await this.#pause();
    }
    await this.#tell(onChunk);
  }

  async #pause(): Promise<boolean> {
    await new Promise(setImmediate);
    return this.#readiness.isOpen;
  }

  async #tell(onChunk: ChunkHandler): Promise<void> {
    for (let chunk = this.#spool.next(); chunk; chunk = this.#spool.next()) {
      const handled = onChunk(chunk);
      if (handled) await handled;
    }
  }

  #take(): number | undefined {
    const taken = this.#spool.take(this.#fifo.fd);
    if (taken) faultPoint("output.taken", this.#fifo.path);
    return taken;
  }

  drain(): void {
    for (let all = 0; all < MOST_AT_ONCE; ) {
      const taken = this.#take();
      if (!taken) break;
      all += taken;
    }
    this.#readiness.wake();
  }

  finish(patience: number): Promise<void> {
    return this.#fifo.finish(this.#done, patience, () => this.#readiness.close());
  }
}
