import { invalidArgument } from "../../errors/errors.ts";
import { durationIn } from "../../units/duration.ts";

/** A positive whole number. Errors: invalidArgument. */
export function parseCount(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw invalidArgument(`invalid log-opt ${name}=${text}: want a whole number`);
  return Number(text);
}

/** Errors: invalidArgument for an option that the driver does not know. */
export function checkKnown(driver: string, options: Record<string, string>, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw invalidArgument(`unknown log opt '${name}' for ${driver} log driver`);
  }
}

/** A duration such as "1s" or "500ms", in milliseconds. Errors: invalidArgument. */
export function parseDuration(name: string, text: string): number {
  const nanoseconds = durationIn(text);
  if (nanoseconds === undefined || nanoseconds < 0)
    throw invalidArgument(`invalid log-opt ${name}=${text}: want a duration such as 1s`);
  return nanoseconds / 1e6;
}
