import type { Cli } from "./cli.ts";

/** A remark to the person, apart from the output proper; coloured on a terminal. */
export function printNote(cli: Cli, fd: 1 | 2, text: string): void {
  const head = cli.isTerminal(fd) ? "\x1b[1;104m Info \x1b[0m\x1b[1m -> \x1b[0m" : " Info -> ";
  const lines = text.split("\n").map((line, i) => (i === 0 ? head + line : `         ${line}`));
  const note = `\n${lines.join("\n")}\n`;
  if (fd === 1) cli.out(note);
  else cli.err(note);
}
