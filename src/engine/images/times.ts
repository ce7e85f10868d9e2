import { invalidArgument } from "../../errors/errors.ts";

/** Seconds since 1970 of an image's creation; an image without one counts as Go's zero time, as stock shows it. */
export function createdSeconds(created: string | undefined): number {
  const time = Date.parse(created ?? "");
  return Number.isNaN(time) ? GO_ZERO_SECONDS : Math.floor(time / 1000);
}

const GO_ZERO_SECONDS = -62135596800;

const UNITS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Milliseconds since 1970 of what `until` takes: seconds since 1970, RFC 3339 (parts may be missing), or a Go
 * duration counted back from now. Errors: invalidArgument.
 */
export function parseTimestamp(text: string, now = Date.now()): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) {
    let back = 0;
    for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
      back += Number(amount) * (UNITS[unit ?? ""] ?? 0);
    return now - back;
  }
  const time = Date.parse(/^\d{4}-\d\d-\d\dT\d\d$/.test(text) ? `${text}:00` : text);
  if (Number.isNaN(time))
    throw invalidArgument(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return time;
}
