import type { Cli } from "./cli.ts";

/** A remark to the person on stdout, apart from the output proper; coloured on a terminal. */
export function printNote(cli: Cli, text: string): void {
  const head = cli.isTerminal(1) ? "\x1b[1;104m Info \x1b[0m\x1b[1m -> \x1b[0m" : " Info -> ";
  const lines = text.split("\n").map((line, i) => (i === 0 ? head + line : `         ${line}`));
  cli.out(`\n${lines.join("\n")}\n`);
}
