import type { Hijacked } from "../../api/client/client.ts";
import { messageOf } from "../../errors/errors.ts";
import type { Cli } from "../cli.ts";
import { logMessage } from "../log-message.ts";
import { readInput } from "../terminal/input.ts";
import { writeAll } from "../terminal/output.ts";
import { makeRaw, type Restore } from "../terminal/raw.ts";
import { Demultiplexer } from "./demultiplex.ts";
import { DEFAULT_DETACH_KEYS, DetachFilter, parseDetachKeys } from "./detach-keys.ts";

/** A connection to a container's streams and what is wanted of it. */
export interface StreamOrder {
  connection: Hijacked;
  /** The container has a terminal: one raw stream instead of frames. */
  tty: boolean;
  stdin: boolean;
  /** Whether any output is wanted. */
  output: boolean;
  /** The detach sequence; empty for the usual one. */
  detachKeys: string;
}

/** The user has typed the detach sequence. */
export class Detached extends Error {
  constructor() {
    super("read escape sequence");
  }
}

/**
 * Joins our standard streams with those of a container until its output ends; without output, until the input ends.
 * The terminal is raw meanwhile, and is restored however the program ends. Errors: Detached.
 */
export async function joinStreams(cli: Cli, order: StreamOrder): Promise<void> {
  const raw = order.stdin && order.tty && cli.isTerminal(0);
  const restore = raw ? makeRawUntilExit() : () => {};
  try {
    const input = order.stdin ? copyInput(cli, order) : Promise.resolve();
    const output = order.output ? copyOutput(order) : Promise.resolve();
    // Input that ends says nothing about output; input that is cut off by the detach sequence ends both.
    const failedInput = input.then(() => (order.output ? new Promise<never>(() => {}) : undefined));
    await (order.output ? Promise.race([output, failedInput]) : input);
  } finally {
    restore();
    order.connection.close();
  }
}

function makeRawUntilExit(): Restore {
  const restoreTerminal = makeRaw(0);
  process.on("exit", restoreTerminal);
  return () => {
    restoreTerminal();
    process.off("exit", restoreTerminal);
  };
}

async function copyOutput({ connection, tty }: StreamOrder): Promise<void> {
  const frames = new Demultiplexer(writeAll);
  for (let chunk = await connection.read(); chunk; chunk = await connection.read()) {
    const written = tty ? writeAll(1, chunk) : frames.push(chunk);
    if (written) await written;
  }
}

async function copyInput(cli: Cli, { connection, tty, detachKeys }: StreamOrder): Promise<void> {
  const filter = tty ? new DetachFilter(keysOf(cli, detachKeys)) : undefined;
  for await (const chunk of readInput()) {
    const { data, detached } = filter?.push(chunk) ?? { data: chunk, detached: false };
    if (data.length > 0 && !(await sent(connection, data))) return;
    if (detached) throw new Detached();
  }
  connection.closeWrite();
}

/** A container that has ended takes no more input; that is not an error. */
async function sent(connection: Hijacked, data: Uint8Array): Promise<boolean> {
  try {
    await connection.write(data);
    return true;
  } catch {
    return false;
  }
}

function keysOf(cli: Cli, text: string): readonly number[] {
  if (text === "") return DEFAULT_DETACH_KEYS;
  try {
    return parseDetachKeys(text);
  } catch (error) {
    logMessage(cli, "warning", `invalid detach escape keys, using default: ${messageOf(error)}`);
    return DEFAULT_DETACH_KEYS;
  }
}
