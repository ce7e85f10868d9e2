/** poll(2) on one descriptor. */
import { check, libc, prepareErrno } from "./libc.ts";

/** sizeof(struct pollfd). */
const SIZE = 8;

/** Waits until a pipe or FIFO has no reader any more; false when that takes longer. Blocks the thread. */
export function waitForNoReader(writer: number, milliseconds: number): boolean {
  prepareErrno();
  const symbols = libc({ poll: { args: ["ptr", "u64", "i32"], returns: "i32" } });
  // No events are asked for: POLLERR is told anyway.
  const set = new Uint8Array(SIZE);
  new DataView(set.buffer).setInt32(0, writer, true);
  return check(symbols.poll(set, 1, milliseconds), "poll", String(writer)) > 0;
}
