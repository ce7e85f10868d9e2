import { cstring, libc } from "./libc.ts";

/** access(2): whether the path leads to something. */
export function pathExists(path: string): boolean {
  const { access } = libc({ access: { args: ["ptr", "i32"], returns: "i32" } });
  return access(cstring(path), 0) === 0;
}
