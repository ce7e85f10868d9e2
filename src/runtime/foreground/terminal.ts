/** Our own terminal, or what stands in for it, connected with that of a process. */
import { closeFd, dupAbove, writeFd } from "../../linux/fd.ts";
import { streamPair } from "../../linux/seqpacket.ts";
import { isTerminal, makeRaw, windowSize } from "../../linux/terminal.ts";
import { receiveDescriptor } from "../../linux/unix_socket.ts";
import { setWindowSize } from "../../linux/winsize.ts";

const STDIN = 0;
const STDOUT = 1;

export interface TerminalCopy {
  /** Resolves when all output of the terminal is copied. */
  drained(): Promise<void>;
  /** Restores our terminal. */
  stop(): void;
}

function writeAll(fd: number, data: Uint8Array): void {
  for (let done = 0; done < data.length; ) done += writeFd(fd, data.subarray(done));
}

async function copyStream(from: number, to: number): Promise<void> {
  try {
    for await (const chunk of Bun.file(from).stream()) writeAll(to, chunk);
  } catch {
    // EIO: the last process with the terminal has gone.
  }
}

class Copy implements TerminalCopy {
  readonly #master: number;
  readonly #restore: (() => void) | undefined;
  readonly #output: Promise<void>;
  readonly #resize = () => this.#takeSize();

  constructor(master: number) {
    this.#master = master;
    if (isTerminal(STDIN)) {
      this.#restore = makeRaw(STDIN);
      this.#takeSize();
      process.on("SIGWINCH", this.#resize);
    }
    this.#output = copyStream(dupAbove(master, 3), STDOUT);
    void this.#copyInput();
  }

  async #copyInput(): Promise<void> {
    await copyStream(dupAbove(STDIN, 3), this.#master);
    if (!isTerminal(STDIN)) writeAll(this.#master, new Uint8Array([4])); // the end of a file, as typed: ^D
  }

  #takeSize(): void {
    const { columns, rows } = windowSize(STDIN);
    setWindowSize(this.#master, columns, rows);
  }

  drained(): Promise<void> {
    return this.#output;
  }

  stop(): void {
    process.off("SIGWINCH", this.#resize);
    this.#restore?.();
    closeFd(this.#master);
  }
}

/** Starts a process with a terminal and connects it with our streams. */
export async function receiveTerminal(
  start: (consoleFd: number) => Promise<number>,
): Promise<{ pid: number; copy: TerminalCopy }> {
  const [ours, theirs] = streamPair();
  try {
    let pid: number;
    try {
      pid = await start(theirs);
    } finally {
      closeFd(theirs);
    }
    return { pid, copy: new Copy(receiveDescriptor(ours)) };
  } finally {
    closeFd(ours);
  }
}
