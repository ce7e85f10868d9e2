import { isatty } from "node:tty";

/** Whether the descriptor is a terminal. */
export function isTerminal(fd: number): boolean {
  return isatty(fd);
}
