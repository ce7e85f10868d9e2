import { failedPrecondition, notFound } from "../errors/errors.ts";
import { Lock } from "../lock/lock.ts";
import type { Exit, Reaper } from "./reaper.ts";
import {
  type IOOptions,
  type KeptIO,
  openIO,
  type ProcessIO,
  resumeIO,
  type StdioPaths,
} from "./stdio/stdio.ts";
import type { ConsoleSocket } from "./stdio/terminal.ts";

export type ProcessState = "created" | "running" | "paused" | "stopped" | "deleted";

/** Stock's words, which clients look for. */
export const FINISHED = "process already finished: not found";

/** How long a deletion waits for output that is still on its way, in milliseconds. */
const OUTPUT_PATIENCE = 2_000;

/** What launch() passes to the runtime's command line. */
export interface Launch {
  stdio: ProcessIO["fds"];
  consoleSocket: string | undefined;
}

/** A process as data, for the program that goes on with it. */
export interface KeptProcess {
  id: string;
  paths: StdioPaths;
  state: ProcessState;
  pid: number;
  /** `at` in milliseconds since 1970. */
  exit: { status: number; at: number } | undefined;
  io: KeptIO | undefined;
}

/**
 * A process of a container that this shim looks after: its init, or one that was added by exec.
 * States: created → running ⇄ paused → stopped → deleted; created → stopped when it dies before start.
 */
export class Process {
  /** The container's id, or the exec id. */
  readonly id: string;
  readonly paths: StdioPaths;
  /** Changes of state go one at a time. */
  readonly lock = new Lock();
  state: ProcessState = "created";
  pid = 0;
  exit: Exit | undefined;
  readonly #ended = Promise.withResolvers<Exit>();
  #io: ProcessIO | undefined;
  #stdinClosed = false;
  /** While set, an exit is noted but not told yet, so that nobody hears of an exit before the start. */
  #holding = false;
  #held: Exit | undefined;
  #onExit: ((exit: Exit) => void) | undefined;

  constructor(id: string, paths: StdioPaths) {
    this.id = id;
    this.paths = paths;
  }

  /** What it takes to go on in another program; undefined while something is under way. */
  keep(): KeptProcess | undefined {
    const io = this.#io?.keep();
    if (this.#holding || this.state === "created" || (this.#io !== undefined && io === undefined))
      return undefined;
    const { stdin, stdout, stderr, terminal } = this.paths;
    const exit = this.exit && { status: this.exit.status, at: this.exit.at.getTime() };
    const { id, state, pid } = this;
    return { id, paths: { stdin, stdout, stderr, terminal }, state, pid, exit, io };
  }

  /** A process that another program has described by keep(); watch() is still to be called. */
  static async resume(kept: KeptProcess): Promise<Process> {
    const process = new Process(kept.id, kept.paths);
    process.state = kept.state;
    process.pid = kept.pid;
    if (kept.io !== undefined) process.#io = await resumeIO(kept.io);
    if (kept.exit !== undefined) {
      process.exit = { status: kept.exit.status, at: new Date(kept.exit.at) };
      process.#ended.resolve(process.exit);
    }
    return process;
  }

  /** Resolves when the process has ended; at once if it has. */
  ended(): Promise<Exit> {
    return this.#ended.promise;
  }

  /** Opens the streams, has the runtime make the process by `launch`, and connects its terminal. */
  async launch(options: IOOptions, launch: (how: Launch) => Promise<void>): Promise<void> {
    if (this.paths.terminal) await this.#launchWithTerminal(launch);
    else {
      this.#io = await openIO(this.paths, options);
      try {
        await launch({ stdio: this.#io.fds, consoleSocket: undefined });
      } catch (error) {
        this.#io.close();
        throw error;
      }
    }
    this.#io?.started();
    if (this.#stdinClosed) this.#io?.closeStdin();
  }

  async #launchWithTerminal(launch: (how: Launch) => Promise<void>): Promise<void> {
    const { ConsoleSocket, openTerminal } = await import("./stdio/terminal.ts");
    const socket: ConsoleSocket = new ConsoleSocket();
    try {
      await launch({ stdio: undefined, consoleSocket: socket.path });
      this.#io = openTerminal(socket.receiveMaster(), this.paths);
    } finally {
      socket.close();
    }
  }

  /** From now on the reaper's word about `pid` is this process's end. `onExit` is told once. */
  watch(pid: number, reaper: Reaper, onExit: (exit: Exit) => void): void {
    this.pid = pid;
    this.#onExit = onExit;
    reaper.claim(pid, (exit) => {
      if (this.#holding) this.#held = exit;
      else this.#end(exit);
    });
  }

  /** Keeps an exit to itself until the returned function is called. */
  holdExit(): () => void {
    this.#holding = true;
    return () => {
      this.#holding = false;
      if (this.#held !== undefined) this.#end(this.#held);
      this.#held = undefined;
    };
  }

  /** Ends a process that never came to life, so that those who wait for it get an answer. */
  abandon(status: number): void {
    this.#end({ status, at: new Date() });
  }

  #end(exit: Exit): void {
    if (this.exit !== undefined) return;
    this.exit = exit;
    this.state = "stopped";
    this.#io?.exited();
    this.#ended.resolve(exit);
    this.#onExit?.(exit);
  }

  /** Sends a signal straight to the process; it is our child, so its id cannot mean another one. */
  signal(signal: number): void {
    if (this.exit !== undefined || this.#held !== undefined) throw notFound(FINISHED);
    if (this.pid === 0) throw failedPrecondition("process not created");
    try {
      process.kill(this.pid, signal);
    } catch (cause) {
      if ((cause as { code?: string }).code === "ESRCH") throw notFound(FINISHED, { cause });
      throw cause;
    }
  }

  closeStdin(): void {
    this.#stdinClosed = true;
    this.#io?.closeStdin();
  }

  resize(columns: number, rows: number): void {
    this.#io?.resize(columns, rows);
  }

  /** Waits a moment for output on its way, then closes the streams. */
  async closeIO(): Promise<void> {
    if (this.#io === undefined) return;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, OUTPUT_PATIENCE);
    await Promise.race([this.#io.finished(), late.promise]);
    clearTimeout(timer);
    this.#io.close();
    this.#io = undefined;
  }
}
