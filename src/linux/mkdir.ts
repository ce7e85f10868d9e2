import { check, cstring } from "./libc.ts";
import { AT_FDCWD, SYS, syscall } from "./syscall.ts";

/** mkdir(2) that throws EEXIST when the path is taken: whoever made the folder owns it. */
export function mkdir(path: string, mode: number): void {
  check(syscall(SYS.mkdirat, AT_FDCWD, cstring(path), mode), "mkdir", path);
}
