import { invalidArgument } from "../../errors/errors.ts";
import { realtimeNanos } from "../../linux/clock.ts";
import { durationIn } from "../../units/duration.ts";
import { parseNanos } from "../time.ts";

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
  const ago = durationIn(text);
  if (ago !== undefined) return realtimeNanos() - BigInt(ago);
  const nanos = parseNanos(text);
  if (nanos === 0n)
    throw invalidArgument(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return nanos;
}
