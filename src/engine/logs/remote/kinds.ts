import { randomBytes } from "node:crypto";
import type { LogContext, LogMessage, StreamName } from "../types.ts";
import type { RemoteOptions } from "./driver.ts";

/** Options of every driver that sends lines away. */
export const LABEL_OPTIONS = ["env", "env-regex", "labels", "labels-regex", "tag"];

/** A kind of receiver. */
export interface RemoteKind {
  /** Errors: invalidArgument for an option that is unknown or malformed. */
  check(options: Record<string, string>): void;
  prepare(options: Record<string, string>, context: LogContext): Prepared;
}

export interface Prepared extends Pick<RemoteOptions, "encode" | "connect" | "attempts" | "retryDelay"> {
  /** The container starts even if the receiver is not there yet. */
  async?: boolean;
}

const NEWLINE = 10;

function isPartial({ line }: LogMessage): boolean {
  return line.at(-1) !== NEWLINE;
}

/** Which piece of a line that was too long to be kept in one. */
export interface Piece {
  /** The same for all pieces of a line: 64 hexadecimal digits. */
  id: string;
  /** From 1. */
  ordinal: number;
  last: boolean;
}

/** Counts the pieces of long lines, so that receivers can put them together. Messages of one stream are in order. */
export function pieceCounter(): (message: LogMessage) => Piece | undefined {
  const open = new Map<StreamName, Piece>();
  return (message) => {
    const before = open.get(message.stream);
    const last = !isPartial(message);
    if (last && before === undefined) return undefined;
    const id = before?.id ?? randomBytes(32).toString("hex");
    const piece = { id, ordinal: (before?.ordinal ?? 0) + 1, last };
    if (last) open.delete(message.stream);
    else open.set(message.stream, piece);
    return piece;
  };
}

/** The text of a line. */
export function withoutNewline(message: LogMessage): Buffer {
  const { line } = message;
  const length = isPartial(message) ? line.length : line.length - 1;
  return Buffer.from(line.buffer, line.byteOffset, length);
}
