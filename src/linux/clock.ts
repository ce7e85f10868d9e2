import { check, libc, ptr } from "./libc.ts";

const CLOCK_REALTIME = 0;
const timespec = new BigInt64Array(2);
let clockGettime: ((clock: number, spec: ReturnType<typeof ptr>) => number) | undefined;

/** Nanoseconds since 1970, as exact as the kernel has them. */
export function realtimeNanos(): bigint {
  clockGettime ??= libc({ clock_gettime: { args: ["i32", "ptr"], returns: "i32" } }).clock_gettime;
  check(clockGettime(CLOCK_REALTIME, ptr(timespec)), "clock_gettime");
  return timespec[0]! * 1_000_000_000n + timespec[1]!;
}

/** Now in RFC 3339 with nanoseconds, UTC. */
export function realtimeStamp(): string {
  const nanos = realtimeNanos();
  const seconds = new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(nanos % 1_000_000_000n).padStart(9, "0")}Z`;
}
