/** Descriptors that a new process gets or uses, checked and opened. */
import { invalidArgument } from "../errors/errors.ts";
import { closeFd } from "../linux/fd.ts";
import { readLink } from "../linux/folder.ts";
import { pathExists } from "../linux/path-exists.ts";
import { connectUnix } from "../linux/unix-socket.ts";

/** Where a terminal's master goes; at most one is set. */
export interface ConsoleTarget {
  /** Path of a socket that gets the terminal's master. */
  consoleSocket?: string;
  /** The same, already connected. */
  consoleFd?: number;
}

/** A socket for the terminal must be given exactly when nobody stays to look after the terminal. */
export function checkConsole(terminal: boolean, detach: boolean, consoleSocket: string | undefined): void {
  if (detach && terminal && consoleSocket === undefined)
    throw invalidArgument("cannot allocate tty if runc will detach without setting console socket");
  if ((!detach || !terminal) && consoleSocket !== undefined)
    throw invalidArgument("cannot use console socket if runc will not detach or allocate tty");
}

/** How many sockets systemd handed to this process (sd_listen_fds(3)); they go on to the container. */
export function listenFds(): number {
  if (process.env["LISTEN_PID"] !== String(process.pid)) return 0;
  const count = Number(process.env["LISTEN_FDS"] ?? 0);
  return Number.isInteger(count) && count > 0 ? count : 0;
}

/** What this process's three streams are, as the kernel names it ("pipe:[123]"): a container inherits them. */
export function ownStreams(): string[] {
  return [0, 1, 2].map((fd) => {
    try {
      return readLink(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
}

/** Throws invalidArgument when one of the descriptors from 3 on is not open. */
export function checkPreserved(count: number): void {
  for (let fd = 3; fd < 3 + count; fd++) {
    if (!pathExists(`/proc/self/fd/${fd}`))
      throw invalidArgument(
        `unable to stat preserved-fd ${fd - 2} (of ${count}): descriptor ${fd} is not open`,
      );
  }
}

/** Descriptors to close when the process is made. */
export class OpenDescriptors {
  readonly #open: number[] = [];

  keep(fd: number): number {
    this.#open.push(fd);
    return fd;
  }

  /** The console's descriptor, if there is to be one. */
  console(target: ConsoleTarget): { console?: number } {
    if (target.consoleFd !== undefined) return { console: target.consoleFd };
    if (target.consoleSocket === undefined) return {};
    return { console: this.keep(connectUnix(target.consoleSocket)) };
  }

  close(): void {
    for (const fd of this.#open) closeFd(fd);
  }
}
