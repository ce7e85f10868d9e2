/**
 * docker-proxy: serves published ports where the firewall does not redirect. Descriptor 3, if there is one, is told
 * "0\n" when all ports are bound, or "1\n" and why not, as stock's engine expects it.
 */
import { closeSync, fstatSync, writeSync } from "node:fs";
import { messageOf } from "../../errors/errors.ts";
import { type ProxiedPort, parseArguments } from "./arguments.ts";

const STATUS_FD = 3;

/** Runs until SIGTERM. */
export async function runProxy(args: readonly string[]): Promise<void> {
  try {
    for (const port of parseArguments(args)) await serve(port);
    report("0\n");
  } catch (error) {
    report(`1\n${messageOf(error)}`);
    process.stderr.write(`docker-proxy: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

async function serve(port: ProxiedPort): Promise<void> {
  if (port.proto === "tcp") (await import("./tcp.ts")).serveTcp(port);
  else if (port.proto === "udp") await (await import("./udp.ts")).serveUdp(port);
  else throw new Error("sctp is served by the firewall alone: no proxy for it");
}

function report(text: string): void {
  try {
    // /dev/null stands there when nobody waits.
    if (!fstatSync(STATUS_FD).isFIFO() && !fstatSync(STATUS_FD).isSocket()) return;
    writeSync(STATUS_FD, text);
    closeSync(STATUS_FD);
  } catch {
    // Started by hand, without the descriptor.
  }
}
