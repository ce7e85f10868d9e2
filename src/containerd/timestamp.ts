import type { Timestamp } from "../proto/google/protobuf/timestamp.ts";

/** Now, as protobuf has it. The clock has milliseconds; the monotonic part adds what lies below. */
export function now(): Timestamp {
  return fromMillis(performance.timeOrigin + performance.now());
}

/** From milliseconds since 1970, with fractions. */
export function fromMillis(millis: number): Timestamp {
  const seconds = Math.floor(millis / 1000);
  return {
    seconds: BigInt(seconds),
    nanos: Math.min(999_999_999, Math.round((millis - seconds * 1000) * 1e6)),
  };
}

/** Milliseconds since 1970; 0 for none. */
export function toMillis(time: Timestamp | undefined): number {
  return time === undefined ? 0 : Number(time.seconds) * 1000 + time.nanos / 1e6;
}
