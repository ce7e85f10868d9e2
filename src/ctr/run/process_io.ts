/**
 * A process's stdio over FIFOs, as shims want them. For output a writing end of our own is held until the
 * process has ended, so that the stream does not end while no shim has the FIFO open yet.
 */
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../errors/errors.ts";
import { makeFifo } from "../../linux/fifo.ts";

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const FOLDER = "/run/docker-containerd-ctr";

/** Milliseconds to wait for output of processes that outlive the one that ended. */
const PATIENCE = 1_000;

export interface StdioPaths {
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
}

export class ProcessIO {
  readonly paths: StdioPaths;
  readonly #folder: string;
  readonly #outputs: Output[];
  #input: number | undefined;

  /** Makes the FIFOs. A terminal has no stderr of its own. */
  constructor(terminal: boolean) {
    mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
    this.#folder = mkdtempSync(join(FOLDER, "io-"));
    const make = (name: string) => {
      const path = join(this.#folder, name);
      makeFifo(path, 0o600);
      return path;
    };
    this.paths = {
      stdin: make("stdin"),
      stdout: make("stdout"),
      stderr: terminal ? "" : make("stderr"),
      terminal,
    };
    this.#outputs = [new Output(this.paths.stdout, Bun.stdout)];
    if (!terminal) this.#outputs.push(new Output(this.paths.stderr, Bun.stderr));
    this.#input = openSync(this.paths.stdin, O_RDWR | O_NONBLOCK);
  }

  /** Copies our stdin to the process, once its shim has the FIFO open; `closed` is called at the end of ours. */
  sendInput(closed: () => void): void {
    const fd = openSync(this.paths.stdin, O_WRONLY | O_NONBLOCK);
    this.#closeInput();
    const copy = async () => {
      for await (const piece of process.stdin as AsyncIterable<Uint8Array>) await writeAll(fd, piece);
    };
    copy()
      // A process that has closed its stdin wants no more: not an error.
      .catch(() => {})
      .finally(() => {
        closeSync(fd);
        closed();
      });
  }

  #closeInput(): void {
    if (this.#input !== undefined) closeSync(this.#input);
    this.#input = undefined;
  }

  /** The process has ended: waits until its output has been written, and removes the FIFOs. */
  async finish(): Promise<void> {
    this.#closeInput();
    process.stdin.destroy();
    await Promise.all(this.#outputs.map((output) => output.finish()));
    rmSync(this.#folder, { recursive: true, force: true });
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
    const sink = target.writer();
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done || !value) break;
      sink.write(value);
      await sink.flush();
    }
    await sink.flush();
  }

  async finish(): Promise<void> {
    closeSync(this.#holding);
    const timer = setTimeout(() => void this.#reader.cancel().catch(() => {}), PATIENCE);
    await this.#copied;
    clearTimeout(timer);
  }
}
