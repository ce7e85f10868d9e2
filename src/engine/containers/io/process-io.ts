import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { faultPoint } from "../../../files/fault.ts";
import { makeFifo } from "../../../linux/fifo.ts";
import type { StdioPaths } from "../../containerd/client.ts";
import type { StreamName } from "../../logs/types.ts";
import { InputPipe } from "./input.ts";
import { DirectOutput, type Output, SpooledOutput } from "./output.ts";
import type { OutputSpool } from "./spool.ts";

/** How long output may be waited for after a process has ended, if something still holds its FIFOs open, ms. */
const PATIENCE_MS = 2000;

export interface StdioWanted {
  stdin: boolean;
  /** One pty instead of separate stdout and stderr. */
  terminal: boolean;
  stdout?: boolean;
  stderr?: boolean;
}

/** Where a process's output goes. */
export interface OutputSink {
  /** Takes a chunk, which is good until it returns; what it returns is awaited before more comes. */
  write(stream: StreamName, chunk: Uint8Array): void | Promise<void>;
  /** What the output goes through, if it is not to get lost. It becomes the ProcessIO's, which removes it. */
  spool?: OutputSpool | undefined;
  /** There is no more. */
  end?(): void;
}

/** The FIFOs between the engine and the shim for one process. The engine makes and removes them; the shim opens them. */
export class ProcessIO {
  readonly paths: StdioPaths;
  readonly stdin: InputPipe | undefined;
  readonly #outputs: Output[];
  readonly #sink: OutputSink;
  readonly #begin: (wanted: boolean) => void;

  private constructor(
    paths: StdioPaths,
    stdin: InputPipe | undefined,
    outputs: Output[],
    sink: OutputSink,
    begin: (wanted: boolean) => void,
  ) {
    this.paths = paths;
    this.stdin = stdin;
    this.#outputs = outputs;
    this.#sink = sink;
    this.#begin = begin;
  }

  /** Makes FIFOs `<name>-stdin` and so on in the folder; what comes out of them waits for begin(). */
  static create(folder: string, name: string, wanted: StdioWanted, sink: OutputSink): ProcessIO {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const paths = fifoPaths(folder, name, wanted);
    for (const path of [paths.stdin, paths.stdout, paths.stderr]) {
      if (path === "") continue;
      rmSync(path, { force: true });
      makeFifo(path, 0o700);
    }
    return ProcessIO.#open(paths, false, sink);
  }

  /** Opens the FIFOs of a process that already runs. */
  static reopen(folder: string, name: string, wanted: StdioWanted, sink: OutputSink): ProcessIO {
    const io = ProcessIO.#open(fifoPaths(folder, name, wanted), true, sink);
    io.begin();
    return io;
  }

  static #open(paths: StdioPaths, running: boolean, sink: OutputSink): ProcessIO {
    const outputs: Output[] = [];
    const begin = Promise.withResolvers<boolean>();
    for (const stream of ["stdout", "stderr"] as const) {
      const path = paths[stream];
      if (path !== "") outputs.push(openOutput(path, stream, begin.promise, sink));
    }
    return new ProcessIO(paths, openInput(paths.stdin, running), outputs, sink, begin.resolve);
  }

  /** The process is there: its output is read from now on. */
  begin(): void {
    this.#begin(true);
  }

  /**
   * There will be no process, unless begin() was called. What the runtime has said of that, to the process's own
   * streams, is in the error already.
   */
  abandon(): void {
    this.#begin(false);
  }

  /** What the process has printed so far is safe after this, even if the shim lets go of the FIFOs. */
  drain(): void {
    for (const output of this.#outputs) output.drain();
  }

  /** Closes everything, and removes the FIFOs, after the process's last output has been handled. */
  async finish(patience = PATIENCE_MS): Promise<void> {
    this.begin();
    await Promise.all([this.stdin?.close(true), ...this.#outputs.map((output) => output.finish(patience))]);
    faultPoint("output.ended", this.paths.stdout);
    this.#sink.end?.();
    faultPoint("output.flushed", this.paths.stdout);
    this.#sink.spool?.remove();
    for (const path of [this.paths.stdin, this.paths.stdout, this.paths.stderr]) {
      if (path !== "") rmSync(path, { force: true });
    }
  }
}

function openOutput(
  path: string,
  stream: StreamName,
  wanted: Promise<boolean>,
  { spool, write }: OutputSink,
): Output {
  const onChunk = (chunk: Uint8Array) => write(stream, chunk);
  return spool
    ? new SpooledOutput(path, spool[stream], wanted, onChunk)
    : new DirectOutput(path, wanted, onChunk);
}

function fifoPaths(folder: string, name: string, wanted: StdioWanted): StdioPaths {
  const { stdin, terminal, stdout = true, stderr = true } = wanted;
  const path = (stream: string, there: boolean) => (there ? join(folder, `${name}-${stream}`) : "");
  return {
    stdin: path("stdin", stdin),
    stdout: path("stdout", stdout),
    stderr: path("stderr", stderr && !terminal),
    terminal,
  };
}

function openInput(path: string, running: boolean): InputPipe | undefined {
  if (path === "") return undefined;
  try {
    return new InputPipe(path, running);
  } catch (error) {
    // A running process whose stdin has been closed already.
    if (running) return undefined;
    throw error;
  }
}
