import { check, cstring, libc, prepareErrno } from "./libc.ts";

/** mkdir(2) that throws EEXIST when the path is taken: whoever made the folder owns it. */
export function mkdir(path: string, mode: number): void {
  prepareErrno();
  const { mkdir } = libc({ mkdir: { args: ["ptr", "u32"], returns: "i32" } });
  check(mkdir(cstring(path), mode), "mkdir", path);
}
