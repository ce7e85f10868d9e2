import { libc } from "../../linux/libc.ts";

const POLLOUT = 4;

function open() {
  return libc({ poll: { args: ["ptr", "u64", "i32"], returns: "i32" } });
}

let symbols: ReturnType<typeof open> | undefined;

/** Whether some bytes (at least a page into a pipe) can be written to the descriptor without waiting. */
export function isWritable(fd: number): boolean {
  symbols ??= open();
  const entry = new Int32Array([fd, POLLOUT]);
  return symbols.poll(entry, 1n, 0) > 0;
}
