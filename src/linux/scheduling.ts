/** sched_setattr(2): what the kernel lets run first. */
import { getPriority } from "node:os";
import { errnoOf } from "../errors/errors.ts";
import { check, libc, prepareErrno, ptr } from "./libc.ts";

const SYS_SCHED_SETATTR = process.arch === "arm64" ? 274 : 314;
const SCHED_OTHER = 0;
const SCHED_FLAG_RESET_ON_FORK = 1n;

/** struct sched_attr, of which the kernel takes any length that it knows. */
const SIZE = 48;
const NICE_AT = 16;
const RUNTIME_AT = 24;

/**
 * Has this thread, the event loop's, run soon after it is woken on a machine that is busy: others wait for its answers,
 * which take it less than a millisecond mostly. What it starts, threads and processes, is as without it. `nice` is as in
 * setpriority(2); `slice` is for how many nanoseconds it wants to run at a time (Linux 6.12; older kernels do not look
 * at it). Where the process has a priority already, or may not have this one, nothing changes. Errors: none but mistakes.
 */
export function preferThisThread({ nice, slice }: { nice: number; slice: bigint }): void {
  if (getPriority() !== 0) return;
  prepareErrno();
  const { syscall } = libc({ syscall: { args: ["i64", "i64", "ptr", "u64"], returns: "i64" } });
  const attributes = new DataView(new ArrayBuffer(SIZE));
  attributes.setUint32(0, SIZE, true);
  attributes.setUint32(4, SCHED_OTHER, true);
  attributes.setBigUint64(8, SCHED_FLAG_RESET_ON_FORK, true);
  attributes.setInt32(NICE_AT, nice, true);
  attributes.setBigUint64(RUNTIME_AT, slice, true);
  try {
    check(syscall(SYS_SCHED_SETATTR, 0, ptr(attributes), 0), "sched_setattr");
  } catch (error) {
    if (errnoOf(error) !== "EPERM" && errnoOf(error) !== "EACCES") throw error;
  }
}
