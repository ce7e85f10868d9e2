import { libc } from "./libc.ts";

/** The text of an errno in the form that Go programs print: "no such file or directory". */
export function strerror(errno: number): string {
  const { strerror } = libc({ strerror: { args: ["i32"], returns: "cstring" } });
  const text = String(strerror(errno));
  return text.charAt(0).toLowerCase() + text.slice(1);
}
