import { readSync } from "node:fs";
import { errnoOf } from "../errors/errors.ts";
import type { Cli } from "./cli.ts";

/** Asks on stdout and reads a line of stdin: whether the answer is "y". Ctrl-C ends the program, as everywhere. */
export function confirm(cli: Cli, question: string): boolean {
  cli.out(`${question} [y/N] `);
  return readLine().trim().toLowerCase() === "y";
}

/** The next line of stdin, without reading past it; what there is of one at the end of the input. */
export function readLine(): string {
  const byte = new Uint8Array(1);
  const bytes: number[] = [];
  while (readByte(byte) && byte[0] !== 10) bytes.push(byte[0]!);
  return Buffer.from(bytes).toString();
}

function readByte(into: Uint8Array): boolean {
  for (;;) {
    try {
      return readSync(0, into) > 0;
    } catch (error) {
      if (errnoOf(error) === "EOF") return false;
      if (errnoOf(error) !== "EAGAIN") throw error;
      Bun.sleepSync(5);
    }
  }
}
