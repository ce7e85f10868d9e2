import type { LogContext, LogMessage } from "../types.ts";
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

export function isPartial({ line }: LogMessage): boolean {
  return line.at(-1) !== NEWLINE;
}

/** The text of a line. */
export function withoutNewline(message: LogMessage): Buffer {
  const { line } = message;
  const length = isPartial(message) ? line.length : line.length - 1;
  return Buffer.from(line.buffer, line.byteOffset, length);
}
