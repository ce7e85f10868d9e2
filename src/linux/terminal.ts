/** The settings of a terminal: raw mode for a program that passes all keys on to another terminal. */
import { ioctl } from "./fd.ts";

const TCGETS = 0x5401;
const TCSETS = 0x5402;
const TIOCGWINSZ = 0x5413;

// struct termios of the kernel: four words, the line discipline, 19 control characters.
const SIZE = 36;
const IFLAG = 0;
const OFLAG = 4;
const CFLAG = 8;
const LFLAG = 12;
const CONTROL = 17;
const VTIME = 5;
const VMIN = 6;

/** IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON. */
const RAW_INPUT_OFF = 0o1 | 0o2 | 0o10 | 0o40 | 0o100 | 0o200 | 0o400 | 0o2000;
const OPOST = 0o1;
/** ISIG ICANON ECHO ECHONL IEXTEN. */
const RAW_LOCAL_OFF = 0o1 | 0o2 | 0o10 | 0o100 | 0o100000;
const CSIZE_AND_PARENB = 0o60 | 0o400;
const CS8 = 0o60;

/** Whether the descriptor is a terminal. */
export function isTerminal(fd: number): boolean {
  try {
    ioctl(fd, TCGETS, new Uint8Array(SIZE));
    return true;
  } catch {
    return false;
  }
}

/** Rows and columns of the terminal. */
export function windowSize(fd: number): { rows: number; columns: number } {
  const size = new Uint16Array(4);
  ioctl(fd, TIOCGWINSZ, size);
  return { rows: size[0]!, columns: size[1]! };
}

/**
 * Puts the terminal into raw mode (cfmakeraw(3)); the returned function restores it. `keepOutput`: output is still
 * processed, that is, line feeds are.
 */
export function makeRaw(fd: number, keepOutput = false): () => void {
  const before = new Uint8Array(SIZE);
  ioctl(fd, TCGETS, before);
  const raw = before.slice();
  const view = new DataView(raw.buffer);
  const change = (at: number, off: number, on = 0) =>
    view.setUint32(at, ((view.getUint32(at, true) & ~off) | on) >>> 0, true);
  change(IFLAG, RAW_INPUT_OFF);
  if (!keepOutput) change(OFLAG, OPOST);
  change(LFLAG, RAW_LOCAL_OFF);
  change(CFLAG, CSIZE_AND_PARENB, CS8);
  raw[CONTROL + VMIN] = 1;
  raw[CONTROL + VTIME] = 0;
  ioctl(fd, TCSETS, raw);
  return () => {
    ioctl(fd, TCSETS, before);
  };
}
