import { check, cstring } from "./libc.ts";
import { AT_FDCWD, SYS, syscall } from "./syscall.ts";

const S_IFIFO = 0o010000;

/** mkfifo(3). Errors: SyscallError; EEXIST when the path is taken. */
export function makeFifo(path: string, mode: number): void {
  check(syscall(SYS.mknodat, AT_FDCWD, cstring(path), S_IFIFO | mode), "mkfifo", path);
}
