import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeFifo } from "../../../linux/fifo.ts";
import type { StdioPaths } from "../../containerd/client.ts";
import type { StreamName } from "../../logs/types.ts";
import { InputPipe } from "./input.ts";
import { OutputPipe } from "./output.ts";

/** How long output may be waited for after a process has ended, if something still holds its FIFOs open, ms. */
const PATIENCE_MS = 2000;

export interface StdioWanted {
  stdin: boolean;
  /** One pty instead of separate stdout and stderr. */
  terminal: boolean;
  stdout?: boolean;
  stderr?: boolean;
}

export type OutputHandler = (stream: StreamName, chunk: Uint8Array) => void | Promise<void>;

/** The FIFOs between the engine and the shim for one process. The engine makes and removes them; the shim opens them. */
export class ProcessIO {
  readonly paths: StdioPaths;
  readonly stdin: InputPipe | undefined;
  readonly #outputs: OutputPipe[];

  private constructor(paths: StdioPaths, stdin: InputPipe | undefined, outputs: OutputPipe[]) {
    this.paths = paths;
    this.stdin = stdin;
    this.#outputs = outputs;
  }

  /** Makes FIFOs `<name>-stdin` and so on in the folder, and begins to read. */
  static create(folder: string, name: string, wanted: StdioWanted, onOutput: OutputHandler): ProcessIO {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const paths = fifoPaths(folder, name, wanted);
    for (const path of [paths.stdin, paths.stdout, paths.stderr]) {
      if (path === "") continue;
      rmSync(path, { force: true });
      makeFifo(path, 0o700);
    }
    return ProcessIO.#open(paths, false, onOutput);
  }

  /** Opens the FIFOs of a process that already runs. */
  static reopen(folder: string, name: string, wanted: StdioWanted, onOutput: OutputHandler): ProcessIO {
    return ProcessIO.#open(fifoPaths(folder, name, wanted), true, onOutput);
  }

  static #open(paths: StdioPaths, running: boolean, onOutput: OutputHandler): ProcessIO {
    const outputs: OutputPipe[] = [];
    for (const stream of ["stdout", "stderr"] as const) {
      const path = paths[stream];
      if (path !== "") outputs.push(new OutputPipe(path, (chunk) => onOutput(stream, chunk)));
    }
    return new ProcessIO(paths, openInput(paths.stdin, running), outputs);
  }

  /** Closes everything, and removes the FIFOs, after the process's last output has been handled. */
  async finish(patience = PATIENCE_MS): Promise<void> {
    await Promise.all([this.stdin?.close(), ...this.#outputs.map((output) => output.finish(patience))]);
    for (const path of [this.paths.stdin, this.paths.stdout, this.paths.stderr]) {
      if (path !== "") rmSync(path, { force: true });
    }
  }
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
