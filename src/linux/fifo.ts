import { check, cstring, libc, ptr } from "./libc.ts";

/** mkfifo(3). Errors: SyscallError; EEXIST when the path is taken. */
export function makeFifo(path: string, mode: number): void {
  const { mkfifo } = libc({ mkfifo: { args: ["ptr", "u32"], returns: "i32" } });
  const name = cstring(path);
  check(mkfifo(ptr(name), mode), "mkfifo", path);
}
