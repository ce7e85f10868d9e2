/**
 * Streams over FIFOs, without a copy: the process itself writes into the FIFOs that the client reads.
 *
 * The shim holds both ends of each output FIFO. So a client that dies takes nothing with it: what was
 * written stays in the FIFO, the process blocks when it is full (and gets no SIGPIPE), and the next
 * client reads on. Of the input FIFO the shim holds the writing end until CloseIO, so that the process
 * reads an end only when the client wants it to.
 */
import {
  bytesWaiting,
  chownFd,
  closeFd,
  isStream,
  O_APPEND,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  openFd,
} from "../../linux/fd.ts";
import type { IOOptions, KeptIO, ProcessIO, StdioPaths } from "./stdio.ts";
import { pathOf } from "./stdio.ts";

const POLL_FIRST = 2;
const POLL_LONGEST = 250;

/** Both ends of a FIFO, kept open until it is empty after the end of the process that wrote to it. */
export class HeldFifo {
  readonly fd: number;
  #open = true;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Takes the descriptor over. */
  constructor(fd: number) {
    this.fd = fd;
  }

  static open(path: string): HeldFifo {
    return new HeldFifo(openFd(path, O_RDWR | O_NONBLOCK));
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /**
   * Lets go as soon as everything written was read: only then does closing lose nothing, and gives the
   * reader its end. The kernel does not tell when a pipe has become empty, so it is asked now and then.
   */
  releaseWhenDrained(pause = POLL_FIRST): void {
    if (!this.#open) return;
    if (!isStream(this.fd) || bytesWaiting(this.fd) === 0) {
      this.close();
      return;
    }
    this.#timer = setTimeout(() => this.releaseWhenDrained(Math.min(pause * 2, POLL_LONGEST)), pause);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#timer);
    closeFd(this.fd);
  }
}

/** Opens the FIFOs; streams without a path are /dev/null. */
export function openFifos(paths: StdioPaths, options: IOOptions): ProcessIO {
  const io = new Fifos();
  try {
    io.open(paths, options);
  } catch (error) {
    io.close();
    throw error;
  }
  return io;
}

/** FIFOs that another program has opened. */
export function resumeFifos(kept: KeptIO & { kind: "fifo" }): ProcessIO {
  return new Fifos(
    kept.held.map((fd) => new HeldFifo(fd)),
    kept.stdin,
  );
}

class Fifos implements ProcessIO {
  readonly #held: HeldFifo[];
  #stdinWriter: number | undefined;
  /** Given to the process. */
  #ends: number[] = [];
  #exited = false;

  constructor(held: HeldFifo[] = [], stdinWriter?: number) {
    this.#held = held;
    this.#stdinWriter = stdinWriter;
  }

  get fds(): [number, number, number] {
    return [this.#ends[0]!, this.#ends[1]!, this.#ends[2]!];
  }

  open(paths: StdioPaths, options: IOOptions): void {
    const own = (end: number): void => {
      this.#ends.push(end);
      if (options.uid !== 0 || options.gid !== 0) chownFd(end, options.uid, options.gid);
    };
    own(this.#input(pathOf(paths.stdin)));
    own(this.#output(pathOf(paths.stdout)));
    own(this.#output(pathOf(paths.stderr)));
  }

  #output(path: string): number {
    if (path === "") return openFd("/dev/null", O_WRONLY);
    this.#held.push(HeldFifo.open(path));
    return openFd(path, O_WRONLY | O_APPEND);
  }

  #input(path: string): number {
    if (path === "") return openFd("/dev/null", O_RDONLY);
    // Opening one end of a FIFO waits for somebody at the other, unless both are opened as one first.
    const both = openFd(path, O_RDWR | O_NONBLOCK);
    const end = openFd(path, O_RDONLY);
    this.#stdinWriter = openFd(path, O_WRONLY | O_NONBLOCK);
    closeFd(both);
    return end;
  }

  started(): void {
    for (const fd of this.#ends.splice(0)) closeFd(fd);
  }

  closeStdin(): void {
    if (this.#stdinWriter !== undefined) closeFd(this.#stdinWriter);
    this.#stdinWriter = undefined;
  }

  exited(): void {
    this.#exited = true;
    this.closeStdin();
    for (const fifo of this.#held) fifo.releaseWhenDrained();
  }

  finished(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.started();
    this.closeStdin();
    for (const fifo of this.#held.splice(0)) fifo.close();
  }

  resize(): void {}

  keep(): KeptIO | undefined {
    const open = this.#held.filter((fifo) => fifo.isOpen);
    // What was written last waits to be read.
    if (this.#ends.length > 0 || (this.#exited && open.length > 0)) return undefined;
    return { kind: "fifo", held: open.map((fifo) => fifo.fd), stdin: this.#stdinWriter };
  }
}
