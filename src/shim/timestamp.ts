import type { Timestamp } from "../proto/google/protobuf/timestamp.ts";

/** A Date as protobuf has it. */
export function timestamp(date: Date): Timestamp {
  const ms = date.getTime();
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 };
}
