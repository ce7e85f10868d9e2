import { realtimeNanos } from "../linux/clock.ts";
import type { Timestamp } from "../proto/google/protobuf/timestamp.ts";

/** Go's zero time: what the API shows for "never". */
export const NEVER = "0001-01-01T00:00:00Z";

/** RFC 3339 with the nanoseconds that there are (trailing zeros cut, as Go prints it), UTC. */
export function rfc3339(time: Timestamp | undefined): string {
  if (time === undefined) return NEVER;
  return formatNanos(time.seconds * 1_000_000_000n + BigInt(time.nanos));
}

/** The same from nanoseconds since 1970. */
export function formatNanos(nanos: bigint): string {
  const seconds = formatSeconds(Number(nanos / 1_000_000_000n));
  const fraction = (nanos % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  return fraction === "" ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}

/** The last one that was formatted: many lines of a log are of the same second. */
let formatted = { seconds: 0, text: "1970-01-01T00:00:00" };

function formatSeconds(seconds: number): string {
  if (seconds !== formatted.seconds)
    formatted = { seconds, text: new Date(seconds * 1000).toISOString().slice(0, 19) };
  return formatted.text;
}

/** Now, as the API writes times. */
export function now(): string {
  return formatNanos(realtimeNanos());
}

/** Nanoseconds since 1970 of an RFC 3339 time. */
export function parseNanos(text: string): bigint {
  const fraction = /\.(\d{1,9})\d*/.exec(text)?.[1] ?? "";
  const whole = Date.parse(fraction === "" ? text : text.replace(/\.\d+/, ""));
  if (Number.isNaN(whole)) return 0n;
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(9, "0") || "0");
}

/** Milliseconds between an RFC 3339 time and now. */
export function millisSince(text: string): number {
  return Number((realtimeNanos() - parseNanos(text)) / 1_000_000n);
}

/** Milliseconds from one RFC 3339 time to another, never negative. */
export function millisBetween(from: string, to: string): number {
  return Math.max(0, Number((parseNanos(to) - parseNanos(from)) / 1_000_000n));
}
