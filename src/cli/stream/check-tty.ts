import type { Cli } from "../cli.ts";

/** Refuses to give a container a terminal whose input is none. */
export function checkTty(cli: Cli, stdin: boolean, tty: boolean): void {
  if (stdin && tty && !cli.isTerminal(0)) throw new Error("the input device is not a TTY");
}
