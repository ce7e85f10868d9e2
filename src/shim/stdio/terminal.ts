/** A process with a terminal: the runtime sends the master of the pty, and the shim copies both ways. */
import {
  closeFd,
  dupAbove,
  O_NONBLOCK,
  O_RDWR,
  openFd,
  setNonBlocking,
  unlinkIfThere,
} from "../../linux/fd.ts";
import { acceptUnix, listenUnix, receiveDescriptor } from "../../linux/unix_socket.ts";
import { setWindowSize } from "../../linux/winsize.ts";
import { socketFolder } from "../bundle.ts";
import { HeldFifo } from "./fifo.ts";
import { type Pump, pump } from "./pump.ts";
import { type ProcessIO, pathOf, type StdioPaths } from "./stdio.ts";

let counter = 0;

/** A console socket for --console-socket. Short path: a socket's name has 107 bytes at most. */
export class ConsoleSocket {
  readonly path = `${socketFolder()}/pty-${process.pid}-${counter++}`;
  readonly #listener = listenUnix(this.path, 0o600);

  /** The master that the runtime sent before it ended. */
  receiveMaster(): number {
    const connection = acceptUnix(this.#listener);
    try {
      return receiveDescriptor(connection);
    } finally {
      closeFd(connection);
    }
  }

  close(): void {
    closeFd(this.#listener);
    unlinkIfThere(this.path);
  }
}

/** Connects a terminal's master with the client's FIFOs and takes it over. */
export class Terminal implements ProcessIO {
  readonly fds = undefined;
  readonly #master: number;
  readonly #output: HeldFifo | undefined;
  readonly #outward: Pump;
  readonly #inward: Pump | undefined;
  #open = true;

  constructor(master: number, paths: StdioPaths) {
    this.#master = master;
    setNonBlocking(master, true);
    // Without a reader the terminal must be emptied all the same, or its processes block.
    this.#output = paths.stdout === "" ? undefined : new HeldFifo(pathOf(paths.stdout));
    const nowhere = this.#output === undefined ? openFd("/dev/null", O_RDWR) : undefined;
    this.#outward = pump(dupAbove(master, 3), nowhere ?? this.#output!.fd);
    void this.#outward.done.then(() => {
      if (nowhere !== undefined) closeFd(nowhere);
    });
    if (paths.stdin !== "") this.#inward = pump(openFd(pathOf(paths.stdin), O_RDWR | O_NONBLOCK), master);
  }

  started(): void {}

  closeStdin(): void {
    this.#inward?.stop();
  }

  exited(): void {
    this.#inward?.stop();
    void this.#outward.done.then(() => this.#output?.releaseWhenDrained());
  }

  finished(): Promise<void> {
    return this.#outward.done;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#inward?.stop();
    this.#outward.stop();
    this.#output?.close();
    closeFd(this.#master);
  }

  resize(columns: number, rows: number): void {
    if (this.#open) setWindowSize(this.#master, columns, rows);
  }
}
