import { libc } from "../../linux/libc.ts";

const TIOCGWINSZ = 0x5413;

export interface TerminalSize {
  rows: number;
  columns: number;
}

/** The size of the terminal behind a descriptor; undefined when it is none. */
export function terminalSize(fd: number): TerminalSize | undefined {
  const { ioctl } = libc({ ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" } });
  const size = new Uint16Array(4);
  if (ioctl(fd, TIOCGWINSZ, size) < 0) return undefined;
  return size[0] === 0 && size[1] === 0 ? undefined : { rows: size[0]!, columns: size[1]! };
}
