import { libc } from "../../linux/libc.ts";

// struct tm of Linux: nine ints, the offset, the zone's name; 56 bytes.
const TM_BYTES = 56;
const TEXT_BYTES = 64;

/** A moment as Go's Time.String() prints it, in our time zone: "2026-11-24 16:41:38 +0100 CET". Unix seconds. */
export function goTime(unixSeconds: number): string {
  const c = libc({
    localtime_r: { args: ["ptr", "ptr"], returns: "ptr" },
    strftime: { args: ["ptr", "u64", "ptr", "ptr"], returns: "u64" },
  });
  const time = new BigInt64Array([BigInt(Math.trunc(unixSeconds))]);
  const parts = new Uint8Array(TM_BYTES);
  const text = new Uint8Array(TEXT_BYTES);
  const format = new TextEncoder().encode("%Y-%m-%d %H:%M:%S %z %Z\0");
  c.localtime_r(time, parts);
  const length = Number(c.strftime(text, BigInt(TEXT_BYTES), format, parts));
  return new TextDecoder().decode(text.subarray(0, length));
}

/** An RFC 3339 moment as Go's Time.String() prints it once read: "2026-11-24 16:41:38.5 +0000 UTC". */
export function goTimeOf(text: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!match) return text === "" ? "0001-01-01 00:00:00 +0000 UTC" : text;
  const [, date, time, fraction = "", zone = "Z"] = match;
  const digits = fraction.replace(/\.?0+$/, "");
  const offset = zone.replace(":", "");
  const named = zone === "Z" || zone === "+00:00" ? "+0000 UTC" : `${offset} ${offset}`;
  return `${date} ${time}${digits} ${named}`;
}

/** Unix seconds as RFC 3339 in our time zone: "2026-11-24T16:41:38+01:00". */
export function rfc3339Local(unixSeconds: number): string {
  const [date, time, offset = "+0000"] = goTime(unixSeconds).split(" ");
  const zone = offset === "+0000" ? "Z" : `${offset.slice(0, 3)}:${offset.slice(3)}`;
  return `${date}T${time}${zone}`;
}
