import { invalidArgument } from "../../errors/errors.ts";
import { durationIn } from "../../units/duration.ts";

/** Seconds since 1970 of an image's creation; an image without one counts as Go's zero time, as stock shows it. */
export function createdSeconds(created: string | undefined): number {
  const time = Date.parse(created ?? "");
  return Number.isNaN(time) ? GO_ZERO_SECONDS : Math.floor(time / 1000);
}

const GO_ZERO_SECONDS = -62135596800;

/**
 * Milliseconds since 1970 of what `until` takes: seconds since 1970, RFC 3339 (parts may be missing), or a Go
 * duration counted back from now. Errors: invalidArgument.
 */
export function parseTimestamp(text: string, now = Date.now()): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const back = durationIn(text);
  if (back !== undefined) return now - back / 1e6;
  const time = Date.parse(/^\d{4}-\d\d-\d\dT\d\d$/.test(text) ? `${text}:00` : text);
  if (Number.isNaN(time))
    throw invalidArgument(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return time;
}
