import { durationIn } from "../../units/duration.ts";

const NANOSECONDS = 1e9;
const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(\.\d{1,9})?)?)?)?(Z|[+-]\d\d:\d\d)?$/i;

/**
 * A moment that a person names, as the engine takes it ("SECONDS[.NANOSECONDS]"): a duration before now, a date and
 * time (ours unless it has a zone), or Unix time as it is. `now` in Unix seconds. Errors: for anything else.
 */
export function parseTimestamp(text: string, now: number = Date.now() / 1000): string {
  const before = text === "0" ? undefined : durationIn(text);
  if (before !== undefined) return String(Math.floor(now - before / NANOSECONDS));
  const match = DATE.exec(text);
  if (match) return fromDate(text, match);
  if (text.includes("-"))
    throw new Error(`parsing time ${JSON.stringify(text)}: not a date and time of RFC 3339`);
  if (/^[+]?\d+(\.\d*)?$/.test(text)) return text;
  throw new Error(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
}

function fromDate(text: string, match: RegExpExecArray): string {
  const [year, month, day, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part))) as [number, number, number, ...number[]];
  const zone = match[8];
  if (month < 1 || month > 12) throw new Error(`parsing time ${JSON.stringify(text)}: month out of range`);
  if (day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate())
    throw new Error(`parsing time ${JSON.stringify(text)}: day out of range`);
  const milliseconds =
    zone === undefined
      ? new Date(year, month - 1, day, hour, minute, second).getTime()
      : Date.UTC(year, month - 1, day, hour, minute, second) - offsetOf(zone) * 60_000;
  const fraction = (match[7] ?? ".").slice(1).padEnd(9, "0");
  return `${Math.floor(milliseconds / 1000)}.${fraction}`;
}

/** Minutes east of Greenwich. */
function offsetOf(zone: string): number {
  if (zone.toUpperCase() === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  return zone.startsWith("-") ? -minutes : minutes;
}
