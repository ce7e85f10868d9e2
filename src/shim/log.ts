/**
 * The shim's log: the FIFO "log" in the bundle, which containerd copies to its own log. Opened for each
 * line, without waiting: with nobody reading, the line is dropped rather than the shim blocked.
 */
import { closeFd, O_NONBLOCK, O_WRONLY, openFd, writeFd } from "../linux/fd.ts";

let debugOn = false;
let fifo = "log";

/** The bundle that log lines go to from now on; the working folder unless told otherwise. */
export function setLogBundle(bundle: string): void {
  fifo = `${bundle}/log`;
}

/** Whether lines of level "debug" are written. */
export function setDebug(on: boolean): void {
  debugOn = on;
}

/** Writes one line in logrus' text format, which is what containerd's readers expect. */
export function log(level: "debug" | "warning" | "error", text: string): void {
  if (level === "debug" && !debugOn) return;
  const line = `time="${new Date().toISOString()}" level=${level} msg=${JSON.stringify(text)} shim=${process.pid}\n`;
  try {
    const fd = openFd(fifo, O_WRONLY | O_NONBLOCK);
    writeFd(fd, new TextEncoder().encode(line));
    closeFd(fd);
  } catch {
    // No reader (ENXIO) or no log at all: there is nobody to tell.
  }
}
