import { closeFd, O_CREAT, O_RDONLY, O_RDWR, openFd } from "./fd.ts";
import { check, libc } from "./libc.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

/** A lock held on a file until released or until the process ends, however it ends. */
export interface FileLock {
  release(): void;
}

/**
 * Takes the exclusive flock(2) of a folder, or of a file, creating it with mode 0600; never waits. Returns undefined when
 * another process (or another open of this one) holds it.
 */
export function tryLock(path: string): FileLock | undefined {
  const fd = openLockable(path);
  const { flock } = libc({ flock: { args: ["i32", "i32"], returns: "i32" } });
  try {
    check(flock(fd, LOCK_EX | LOCK_NB), "flock", path);
  } catch (error) {
    closeFd(fd);
    if ((error as { code?: string }).code === "EAGAIN") return undefined;
    throw error;
  }
  return { release: () => closeFd(fd) };
}

function openLockable(path: string): number {
  try {
    return openFd(path, O_RDWR | O_CREAT, 0o600);
  } catch (error) {
    if ((error as { code?: string }).code !== "EISDIR") throw error;
    return openFd(path, O_RDONLY);
  }
}
