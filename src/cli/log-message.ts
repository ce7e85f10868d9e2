import type { Cli } from "./cli.ts";

/** Prints a message of the client itself, as its log has them: short on a terminal, key=value elsewhere. */
export function logMessage(cli: Cli, level: "warning" | "error", message: string): void {
  if (cli.isTerminal(2)) {
    const label = level === "error" ? "\x1b[31mERRO\x1b[0m" : "\x1b[33mWARN\x1b[0m";
    cli.err(`${label}[0000] ${message.padEnd(44)} \n`);
    return;
  }
  const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  cli.err(`time="${time}" level=${level} msg=${JSON.stringify(message)}\n`);
}
