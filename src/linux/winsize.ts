/** The size of a terminal. */
import { ioctl } from "./fd.ts";

const TIOCSWINSZ = 0x5414;

/** Sets columns and rows of the terminal behind a pty master (or slave); its foreground job gets SIGWINCH. */
export function setWindowSize(fd: number, columns: number, rows: number): void {
  // struct winsize { row, col, xpixel, ypixel }, in which the kernel keeps 16 bits of each.
  const result = ioctl(fd, TIOCSWINSZ, new Uint16Array([rows, columns, 0, 0]));
  if (result < 0) throw new Error(`cannot set the terminal size to ${columns}x${rows}`);
}
