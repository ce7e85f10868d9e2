import { invalidArgument } from "../errors/errors.ts";
import { durationIn } from "../units/duration.ts";

/** "90s", "15m", "24h" or plain seconds, in milliseconds. Errors: invalidArgument. */
export function parseDuration(text: string): number {
  const nanoseconds = durationIn(/^\d+(\.\d+)?$/.test(text) ? `${text}s` : text);
  if (nanoseconds === undefined || nanoseconds < 0)
    throw invalidArgument(`invalid duration ${JSON.stringify(text)}: give for example 90s, 15m or 24h`);
  return nanoseconds / 1e6;
}
