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
import { acceptUnix, listenUnix, receiveDescriptor } from "../../linux/unix-socket.ts";
import { setWindowSize } from "../../linux/winsize.ts";
import { socketFolder } from "../bundle.ts";
import { HeldFifo } from "./fifo.ts";
import { type Pump, pump } from "./pump.ts";
import { type KeptIO, type ProcessIO, pathOf, type StdioPaths } from "./stdio.ts";

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

/** Connects a terminal's master with the client's FIFOs, and takes it over. */
export function openTerminal(master: number, paths: StdioPaths): ProcessIO {
  setNonBlocking(master, true);
  const output = paths.stdout === "" ? undefined : HeldFifo.open(pathOf(paths.stdout));
  const input = paths.stdin === "" ? undefined : openFd(pathOf(paths.stdin), O_RDWR | O_NONBLOCK);
  return new Terminal(master, output, input);
}

/** A terminal that another program has connected. */
export function resumeTerminal({ master, output, input }: KeptIO & { kind: "terminal" }): ProcessIO {
  return new Terminal(master, output === undefined ? undefined : new HeldFifo(output), input);
}

class Terminal implements ProcessIO {
  readonly fds = undefined;
  readonly #master: number;
  readonly #output: HeldFifo | undefined;
  readonly #outward: Pump;
  readonly #input: number | undefined;
  #inward: Pump | undefined;
  #open = true;
  #exited = false;

  constructor(master: number, output: HeldFifo | undefined, input: number | undefined) {
    this.#master = master;
    this.#output = output;
    // Without a reader the terminal must be emptied all the same, or its processes block.
    const nowhere = output === undefined ? openFd("/dev/null", O_RDWR) : undefined;
    this.#outward = pump(dupAbove(master, 3), nowhere ?? output!.fd);
    void this.#outward.done.then(() => {
      if (nowhere !== undefined) closeFd(nowhere);
    });
    this.#input = input;
    if (input !== undefined) this.#inward = pump(input, master);
  }

  started(): void {}

  closeStdin(): void {
    this.#inward?.stop();
    this.#inward = undefined;
  }

  exited(): void {
    this.#exited = true;
    this.closeStdin();
    void this.#outward.done.then(() => this.#output?.releaseWhenDrained());
  }

  finished(): Promise<void> {
    return this.#outward.done;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.closeStdin();
    this.#outward.stop();
    this.#output?.close();
    closeFd(this.#master);
  }

  resize(columns: number, rows: number): void {
    if (this.#open) setWindowSize(this.#master, columns, rows);
  }

  keep(): KeptIO | undefined {
    if (!this.#open) return { kind: "closed" };
    if (this.#exited || !this.#outward.waiting || this.#inward?.waiting === false) return undefined;
    const input = this.#inward === undefined ? undefined : this.#input;
    return { kind: "terminal", master: this.#master, output: this.#output?.fd, input };
  }
}
