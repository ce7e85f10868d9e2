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
