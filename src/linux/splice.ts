/** Bytes that move from a pipe into a file within the kernel: a process that is killed has moved them, or has not. */
import { check, errno, libc, prepareErrno, ptr, SyscallError } from "./libc.ts";

const SPLICE_F_NONBLOCK = 2;
const EAGAIN = 11;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;

function open() {
  prepareErrno();
  return libc({
    splice: { args: ["i32", "ptr", "i32", "ptr", "u64", "u32"], returns: "i64" },
    fallocate: { args: ["i32", "i32", "i64", "i64"], returns: "i32" },
  });
}

let opened: ReturnType<typeof open> | undefined;
const c = () => (opened ??= open());
const place = new BigInt64Array(1);

/**
 * splice(2): moves at most `length` bytes to that offset of a file, whose size grows with them. Returns how many; 0 at
 * the pipe's end, undefined if there is nothing yet. Errors: ENOSPC and the like, with nothing moved.
 */
export function spliceToFile(pipe: number, file: number, offset: number, length: number): number | undefined {
  place[0] = BigInt(offset);
  const moved = Number(c().splice(pipe, null, file, ptr(place), length, SPLICE_F_NONBLOCK));
  if (moved >= 0) return moved;
  const why = errno();
  if (why === EAGAIN) return undefined;
  throw new SyscallError("splice", why);
}

/** Gives back the memory or the disk's blocks under a part of a file, which reads as zeros then; its size stays. */
export function punchHole(fd: number, offset: number, length: number): void {
  check(
    c().fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length),
    "fallocate",
    String(fd),
  );
}
