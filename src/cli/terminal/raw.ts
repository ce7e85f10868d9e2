import { libc } from "../../linux/libc.ts";

// struct termios of Linux: iflag, oflag, cflag, lflag (32 bits each), line, 19 control characters, two speeds.
const TERMIOS_SIZE = 60;
const LFLAG = 3;
const CC = 17;
const VTIME = 5;
const VMIN = 6;
const TCSANOW = 0;

const BRKINT = 0o2;
const PARMRK = 0o10;
const INPCK = 0o20;
const ISTRIP = 0o40;
const INLCR = 0o100;
const IGNCR = 0o200;
const ICRNL = 0o400;
const IXON = 0o2000;
const IGNBRK = 0o1;
const OPOST = 0o1;
const CSIZE = 0o60;
const PARENB = 0o400;
const CS8 = 0o60;
const ISIG = 0o1;
const ICANON = 0o2;
const ECHO = 0o10;
const ECHONL = 0o100;
const IEXTEN = 0o100000;

/** Gives the terminal back as it was; may be called more than once. */
export type Restore = () => void;

function open() {
  return libc({
    tcgetattr: { args: ["i32", "ptr"], returns: "i32" },
    tcsetattr: { args: ["i32", "i32", "ptr"], returns: "i32" },
  });
}

/**
 * Puts a terminal into raw mode: every key goes to the container. `keepOutput` leaves output processing on, for a
 * descriptor that our own messages are printed to as well. Does nothing when the descriptor is no terminal.
 */
export function makeRaw(fd: number): Restore {
  const c = open();
  const before = new Uint8Array(TERMIOS_SIZE);
  if (c.tcgetattr(fd, before) < 0) return () => {};
  const raw = before.slice();
  const flags = new Uint32Array(raw.buffer, 0, 4);
  flags[0] = flags[0]! & ~(IGNBRK | BRKINT | PARMRK | INPCK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
  flags[1] = flags[1]! & ~OPOST;
  flags[2] = (flags[2]! & ~(CSIZE | PARENB)) | CS8;
  flags[LFLAG] = flags[LFLAG]! & ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  raw[CC + VMIN] = 1;
  raw[CC + VTIME] = 0;
  c.tcsetattr(fd, TCSANOW, raw);
  return () => void c.tcsetattr(fd, TCSANOW, before);
}

/** Switches the echo of what is typed off, for passwords. */
export function hideTyping(fd: number): Restore {
  const c = open();
  const before = new Uint8Array(TERMIOS_SIZE);
  if (c.tcgetattr(fd, before) < 0) return () => {};
  const quiet = before.slice();
  const flags = new Uint32Array(quiet.buffer, 0, 4);
  flags[LFLAG] = flags[LFLAG]! & ~ECHO;
  c.tcsetattr(fd, TCSANOW, quiet);
  return () => void c.tcsetattr(fd, TCSANOW, before);
}
