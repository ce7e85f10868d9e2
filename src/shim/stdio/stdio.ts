/**
 * Standard input and output of a container process, between the places that the client named (FIFOs, a
 * file, a logging program) and the process.
 *
 * Life of a ProcessIO: open → `fds` are given to the runtime (terminals instead: the runtime sends the
 * master, see terminal.ts) → started() → closeStdin() at any time → exited() → close().
 */
import { EngineError, invalidArgument, kindOf, messageOf } from "../../errors/errors.ts";
import type { Stdio } from "../runtime.ts";

/** Where the client wants the streams; "" for none. */
export interface StdioPaths {
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
}

export interface ProcessIO {
  /** For the runtime to inherit; undefined where the process gets a terminal. */
  readonly fds: Stdio | undefined;
  /** The process has the descriptors: the shim's copies of its ends can go. */
  started(): void;
  /** The client will write no more: the process is to read an end once it has read everything. */
  closeStdin(): void;
  /** The process has ended: the client is to read an end once it has read everything. */
  exited(): void;
  /** Resolves when all output has been taken from the process (it may still wait in a FIFO). */
  finished(): Promise<void>;
  /** Closes everything. */
  close(): void;
  resize(columns: number, rows: number): void;
  /** What it takes to go on in another program (resumeIO); undefined while something is under way. */
  keep(): KeptIO | undefined;
}

/** A ProcessIO whose process runs, as data: the numbers are descriptors. */
export type KeptIO =
  | { kind: "fifo"; held: number[]; stdin?: number | undefined }
  | { kind: "terminal"; master: number; output?: number | undefined; input?: number | undefined }
  | { kind: "file"; reader: number; file: number }
  | { kind: "closed" };

/** The descriptors that keep() named, and those among them that mean work when there is something to read. */
export function descriptorsOf(kept: KeptIO): { all: number[]; readable: number[] } {
  const some = (...fds: (number | undefined)[]) => fds.filter((fd) => fd !== undefined);
  if (kept.kind === "fifo") return { all: some(...kept.held, kept.stdin), readable: [] };
  if (kept.kind === "file") return { all: [kept.reader, kept.file], readable: [kept.reader] };
  if (kept.kind === "closed") return { all: [], readable: [] };
  const readable = some(kept.master, kept.input);
  return { all: some(...readable, kept.output), readable };
}

/** The streams that keep() has described, in the program that goes on with them. */
export async function resumeIO(kept: KeptIO): Promise<ProcessIO> {
  if (kept.kind === "terminal") return (await import("./terminal.ts")).resumeTerminal(kept);
  if (kept.kind === "file") return (await import("./file.ts")).resumeFile(kept);
  const { resumeFifos } = await import("./fifo.ts");
  return kept.kind === "fifo" ? resumeFifos(kept) : resumeFifos({ kind: "fifo", held: [] });
}

export interface IOOptions {
  containerId: string;
  namespace: string;
  /** Owner of the process's ends. */
  uid: number;
  gid: number;
}

/** Opens the streams. Rarely used kinds are loaded when they are asked for. */
export async function openIO(paths: StdioPaths, options: IOOptions): Promise<ProcessIO> {
  try {
    return await openByScheme(/^([a-z]+):\/\//.exec(paths.stdout)?.[1] ?? "fifo", paths, options);
  } catch (error) {
    throw new EngineError(kindOf(error), `failed to create init process I/O: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function openByScheme(scheme: string, paths: StdioPaths, options: IOOptions): Promise<ProcessIO> {
  if (scheme === "binary") return (await import("./binary.ts")).openBinary(paths, options);
  if (scheme === "file") return (await import("./file.ts")).openFile(paths, options);
  if (scheme !== "fifo") throw invalidArgument(`unknown STDIO scheme ${scheme}`);
  return (await import("./fifo.ts")).openFifos(paths, options);
}

/** The path of "fifo:///x", "file:///x" or "/x". */
export function pathOf(uri: string): string {
  return /^[a-z]+:\/\//.test(uri) ? decodeURIComponent(new URL(uri).pathname) : uri;
}
