import { invalidArgument } from "../../errors/errors.ts";
import { realtimeNanos } from "../../linux/clock.ts";
import { parseNanos } from "../time.ts";

const UNITS: Record<string, bigint> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
};

/**
 * The filter `until` of prune requests, in nanoseconds since 1970: a Unix time, a time of the calendar, or how long
 * ago ("10m", "1h30m"). Errors: invalidArgument for anything else, and for more than one.
 */
export function untilNanos(values: string[] | undefined): bigint | undefined {
  if (!values?.length) return undefined;
  if (values.length > 1) throw invalidArgument("more than one until filter specified");
  const text = values[0]!;
  if (/^\d+(\.\d+)?$/.test(text)) {
    const [whole = "0", fraction = ""] = text.split(".");
    return BigInt(whole) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
  }
  if (/^(\d+(h|ms|m|s))+$/.test(text)) {
    let ago = 0n;
    for (const [, number, unit] of text.matchAll(/(\d+)(h|ms|m|s)/g)) ago += BigInt(number!) * UNITS[unit!]!;
    return realtimeNanos() - ago;
  }
  const nanos = parseNanos(text);
  if (nanos === 0n)
    throw invalidArgument(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return nanos;
}
