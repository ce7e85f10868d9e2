import { cstring } from "./libc.ts";
import { AT_FDCWD, SYS, syscall } from "./syscall.ts";

/** access(2): whether the path leads to something. */
export function pathExists(path: string): boolean {
  return syscall(SYS.faccessat, AT_FDCWD, cstring(path)) === 0;
}
