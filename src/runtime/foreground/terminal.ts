/** Our own terminal, or what stands in for it, connected with that of a process. */
import { errnoOf } from "../../errors/errors.ts";
import { closeFd, dupAbove, setNonBlocking, writeFd } from "../../linux/fd.ts";
import { streamPair } from "../../linux/seqpacket.ts";
import { isTerminal, makeRaw, windowSize } from "../../linux/terminal.ts";
import { receiveDescriptor } from "../../linux/unix-socket.ts";
import { setWindowSize } from "../../linux/winsize.ts";

const STDIN = 0;
const STDOUT = 1;
const CTRL_D = 4;

export interface TerminalCopy {
  /** Resolves when all output of the terminal is copied. */
  drained(): Promise<void>;
  /** Restores our terminal. */
  stop(): void;
}

const RETRY_MS = 2;

/** Writes all, waiting while the target is full. */
async function writeAll(fd: number, data: Uint8Array): Promise<void> {
  for (let rest = data; rest.length > 0; ) {
    try {
      rest = rest.subarray(writeFd(fd, rest));
    } catch (error) {
      if (errnoOf(error) !== "EAGAIN") throw error;
      await Bun.sleep(RETRY_MS);
    }
  }
}

async function copyStream(from: ReadableStream<Uint8Array>, to: number): Promise<void> {
  try {
    for await (const chunk of from) await writeAll(to, chunk);
  } catch {
    // EIO: the last process with the terminal has gone.
  }
}

class Copy implements TerminalCopy {
  readonly #master: number;
  readonly #restore: (() => void) | undefined;
  readonly #output: Promise<void>;
  #open = true;
  readonly #resize = () => this.#takeSize();

  constructor(master: number) {
    this.#master = master;
    if (isTerminal(STDIN)) {
      this.#restore = makeRaw(STDIN, true);
      this.#takeSize();
      process.on("SIGWINCH", this.#resize);
    }
    setNonBlocking(master, true);
    this.#output = copyStream(Bun.file(dupAbove(master, 3)).stream(), STDOUT);
    void this.#copyInput();
  }

  async #copyInput(): Promise<void> {
    await copyStream(Bun.stdin.stream(), this.#master);
    // The end of a file goes on as it is typed.
    if (this.#open && !isTerminal(STDIN)) await writeAll(this.#master, new Uint8Array([CTRL_D]));
  }

  #takeSize(): void {
    const { columns, rows } = windowSize(STDIN);
    setWindowSize(this.#master, columns, rows);
  }

  drained(): Promise<void> {
    return this.#output;
  }

  stop(): void {
    this.#open = false;
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
