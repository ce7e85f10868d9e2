/** Messages that several services share. */
import { bytes, int64, text, texts, uint } from "../../protobuf/kinds.ts";
import { message } from "../../protobuf/message.ts";

/** google.protobuf.Any. */
export const Any = message({ typeUrl: text(1), value: bytes(2) });

/** google.protobuf.Timestamp. */
export const Timestamp = message({ seconds: int64(1), nanos: uint(2) });

/** containerd.types.Mount. */
export const Mount = message({ type: text(1), source: text(2), target: text(3), options: texts(4) });

export const Empty = message({});

/** A Date as Timestamp. */
export function timestamp(date: Date): { seconds: bigint; nanos: number } {
  const ms = date.getTime();
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 };
}
