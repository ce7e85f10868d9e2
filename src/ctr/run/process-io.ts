/**
 * A process's stdio over FIFOs, as shims want them. For output a writing end of our own is held until the
 * process has ended, so that the stream does not end while no shim has the FIFO open yet.
 */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { errnoOf } from "../../errors/errors.ts";
import { isFifo, makeFifos, removeFifos, type StdioPaths } from "./fifos.ts";

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Milliseconds to wait for output of processes that outlive the one that ended. */
const PATIENCE = 1_000;

export class ProcessIO {
  readonly paths: StdioPaths;
  readonly #outputs: Output[];
  #isOver = false;

  /** Opens our ends of FIFOs; a path that is none has no stream. They are removed with finish(). */
  constructor(paths: StdioPaths) {
    this.paths = paths;
    const { stdout, stderr } = paths;
    this.#outputs = [
      ...(isFifo(stdout) ? [new Output(stdout, Bun.stdout)] : []),
      ...(isFifo(stderr) ? [new Output(stderr, Bun.stderr)] : []),
    ];
  }

  /** For a new process. A terminal has no stderr of its own. */
  static create(id: string, terminal: boolean, folder?: string): ProcessIO {
    return new ProcessIO(makeFifos(id, terminal, folder));
  }

  /** Copies our stdin to a started process; `closed` is called at the end of ours. */
  sendInput(closed: () => void): void {
    if (!isFifo(this.paths.stdin)) return;
    this.#copyInput()
      // A process that has closed its stdin wants no more: not an error.
      .catch(() => {})
      .finally(closed);
  }

  async #copyInput(): Promise<void> {
    const fd = await this.#whenRead();
    if (fd === undefined) return;
    try {
      for await (const piece of process.stdin as AsyncIterable<Uint8Array>) await writeAll(fd, piece);
    } finally {
      closeSync(fd);
    }
  }

  /** Stock's shim may open its end a while after it has answered the start; what nobody has open is lost. */
  async #whenRead(): Promise<number | undefined> {
    while (!this.#isOver) {
      try {
        return openSync(this.paths.stdin, O_WRONLY | O_NONBLOCK);
      } catch (error) {
        if (errnoOf(error) !== "ENXIO") throw error;
        await Bun.sleep(RETRY_MS);
      }
    }
    return undefined;
  }

  /** The process has ended: waits until its output has been written, and removes the FIFOs. */
  async finish(): Promise<void> {
    this.#isOver = true;
    process.stdin.destroy();
    await Promise.all(this.#outputs.map((output) => output.finish()));
    removeFifos(this.paths);
  }
}

const RETRY_MS = 5;

/** Waits while the FIFO is full. */
async function writeAll(fd: number, data: Uint8Array): Promise<void> {
  for (let rest = data; rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if (errnoOf(error) !== "EAGAIN") throw error;
      await Bun.sleep(RETRY_MS);
    }
  }
}

class Output {
  readonly #holding: number;
  readonly #copied: Promise<void>;
  readonly #reader: { read(): Promise<{ done: boolean; value?: Uint8Array }>; cancel(): Promise<void> };

  constructor(path: string, target: Bun.BunFile) {
    const reading = openSync(path, O_RDONLY | O_NONBLOCK);
    this.#holding = openSync(path, O_WRONLY | O_NONBLOCK);
    this.#reader = Bun.file(reading).stream().getReader();
    this.#copied = this.#copy(target).finally(() => closeSync(reading));
  }

  async #copy(target: Bun.BunFile): Promise<void> {
    let sink: Bun.FileSink | undefined = target.writer();
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done || !value) break;
      if (!sink) continue;
      try {
        sink.write(value);
        await sink.flush();
      } catch (error) {
        // Whoever read ours has left: the process must not be kept waiting for that.
        if (errnoOf(error) !== "EPIPE") throw error;
        sink = undefined;
      }
    }
  }

  async finish(): Promise<void> {
    closeSync(this.#holding);
    const timer = setTimeout(() => void this.#reader.cancel().catch(() => {}), PATIENCE);
    await this.#copied;
    clearTimeout(timer);
  }
}
