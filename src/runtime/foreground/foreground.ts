/** A process that docker-runc waits for: signals go on to it, and a terminal is copied both ways. */
import { kill } from "../../linux/kill.ts";
import { becomeSubreaper } from "../../linux/prctl.ts";
import { reapOne } from "../../linux/wait.ts";
import type { TerminalCopy } from "./terminal.ts";

/** Signals that are passed on. SIGWINCH is for the terminal's size; SIGCHLD and SIGPIPE are ours. */
const FORWARDED = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGTERM",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGCONT",
] as const;

const NUMBERS: Readonly<Record<(typeof FORWARDED)[number], number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGTERM: 15,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGALRM: 14,
  SIGCONT: 18,
};

/** A timer that keeps the event loop alive: a listener for signals does not. */
const LONG_MS = 2 ** 30;

/** Resolves with the exit code of the process; reaps whatever else is handed to us meanwhile. */
function exitOf(pid: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const reap = () => {
    for (let child = reapOne(); child; child = reapOne()) if (child.pid === pid) resolve(child.status);
  };
  process.on("SIGCHLD", reap);
  const alive = setInterval(reap, LONG_MS);
  reap();
  return promise.finally(() => {
    clearInterval(alive);
    process.off("SIGCHLD", reap);
  });
}

/** Passes signals on to whatever process `target` gives; those before there is one wait for it. */
class SignalForwarding {
  #target = 0;
  readonly #early: number[] = [];
  readonly #handlers = FORWARDED.map((name) => ({ name, handle: () => this.#forward(NUMBERS[name]) }));

  constructor() {
    for (const { name, handle } of this.#handlers) process.on(name, handle);
  }

  to(pid: number): void {
    this.#target = pid;
    for (const signal of this.#early) this.#forward(signal);
  }

  #forward(signal: number): void {
    if (this.#target === 0) this.#early.push(signal);
    else kill(this.#target, signal);
  }

  stop(): void {
    for (const { name, handle } of this.#handlers) process.off(name, handle);
  }
}

/**
 * Starts a process by `start`, which gets the socket for its terminal's master if it has one, and
 * returns its exit code (128 + signal for one that was killed).
 */
export async function foreground(
  terminal: boolean,
  subreaper: boolean,
  start: (consoleFd: number | undefined) => Promise<number>,
): Promise<number> {
  if (subreaper) becomeSubreaper();
  const signals = new SignalForwarding();
  let copy: TerminalCopy | undefined;
  try {
    let pid: number;
    if (terminal) {
      const { receiveTerminal } = await import("./terminal.ts");
      const received = await receiveTerminal(start);
      pid = received.pid;
      copy = received.copy;
    } else pid = await start(undefined);
    signals.to(pid);
    const status = await exitOf(pid);
    await copy?.drained();
    return status;
  } finally {
    copy?.stop();
    signals.stop();
  }
}
