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
import type { IOOptions, ProcessIO, StdioPaths } from "./stdio.ts";
import { pathOf } from "./stdio.ts";

const POLL_FIRST = 2;
const POLL_LONGEST = 250;

/** Both ends of a FIFO, kept open until it is empty after the end of the process that wrote to it. */
export class HeldFifo {
  readonly fd: number;
  #open = true;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(path: string) {
    this.fd = openFd(path, O_RDWR | O_NONBLOCK);
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
  const held: HeldFifo[] = [];
  const ends: number[] = [];
  let stdinWriter: number | undefined;

  const own = (end: number): number => {
    if (options.uid !== 0 || options.gid !== 0) chownFd(end, options.uid, options.gid);
    return end;
  };
  const output = (path: string): number => {
    if (path === "") return openFd("/dev/null", O_WRONLY);
    held.push(new HeldFifo(path));
    const end = openFd(path, O_WRONLY | O_APPEND);
    return own(end);
  };
  const input = (path: string): number => {
    if (path === "") return openFd("/dev/null", O_RDONLY);
    // Opening one end of a FIFO waits for somebody at the other, unless both are opened as one first.
    const both = openFd(path, O_RDWR | O_NONBLOCK);
    const end = openFd(path, O_RDONLY);
    stdinWriter = openFd(path, O_WRONLY | O_NONBLOCK);
    closeFd(both);
    return own(end);
  };
  const closeStdin = (): void => {
    if (stdinWriter !== undefined) closeFd(stdinWriter);
    stdinWriter = undefined;
  };
  const closeEnds = (): void => {
    for (const fd of ends.splice(0)) closeFd(fd);
  };
  const close = (): void => {
    closeEnds();
    closeStdin();
    for (const fifo of held.splice(0)) fifo.close();
  };

  try {
    ends.push(input(pathOf(paths.stdin)));
    ends.push(output(pathOf(paths.stdout)));
    ends.push(output(pathOf(paths.stderr)));
  } catch (error) {
    close();
    throw error;
  }
  return {
    fds: [ends[0]!, ends[1]!, ends[2]!],
    started: closeEnds,
    closeStdin,
    exited() {
      closeStdin();
      for (const fifo of held) fifo.releaseWhenDrained();
    },
    finished: () => Promise.resolve(),
    close,
    resize() {},
  };
}
