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
