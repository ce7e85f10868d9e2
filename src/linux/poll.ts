/** poll(2) on one descriptor. */
import { check } from "./libc.ts";
import { SYS, syscall } from "./syscall.ts";

/** sizeof(struct pollfd). */
const SIZE = 8;

/** Waits until a pipe or FIFO has no reader any more; false when that takes longer. Blocks the thread. */
export function waitForNoReader(writer: number, milliseconds: number): boolean {
  // No events are asked for: POLLERR is told anyway.
  const set = new Uint8Array(SIZE);
  new DataView(set.buffer).setInt32(0, writer, true);
  const timeout = new BigInt64Array([
    BigInt(Math.trunc(milliseconds / 1000)),
    BigInt(milliseconds % 1000) * 1_000_000n,
  ]);
  return check(syscall(SYS.ppoll, set, 1, timeout), "poll", String(writer)) > 0;
}
