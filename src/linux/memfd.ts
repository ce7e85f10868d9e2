/** memfd_create(2): files without a name, in memory. */
import { closeFd, writeFd } from "./fd.ts";
import { check, cstring } from "./libc.ts";
import { SYS, syscall } from "./syscall.ts";

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_EXEC = 0x10;
const F_ADD_SEALS = 1033;
const SEAL_ALL = 0x0f; // seal, shrink, grow, write

/** The content as a sealed file that nobody can change any more, open and close-on-exec; executable if asked. */
export function sealedFile(name: string, content: Uint8Array, executable = false): number {
  const label = cstring(name);
  let fd = syscall(SYS.memfd_create, label, MFD_CLOEXEC | MFD_ALLOW_SEALING | (executable ? MFD_EXEC : 0));
  // Before Linux 6.3 there is no MFD_EXEC: all are executable.
  if (fd < 0)
    fd = check(syscall(SYS.memfd_create, label, MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd_create", name);
  try {
    for (let at = 0; at < content.length; ) at += writeFd(fd, content.subarray(at));
    check(syscall(SYS.fcntl, fd, F_ADD_SEALS, SEAL_ALL), "seal", name);
  } catch (error) {
    closeFd(fd);
    throw error;
  }
  return fd;
}

/** An empty memory file, writable, open and close-on-exec. */
export function memoryFile(name: string): number {
  const label = cstring(name);
  return check(syscall(SYS.memfd_create, label, MFD_CLOEXEC), "memfd_create", name);
}

/** Sets the position of a file to its start. */
export function rewind(fd: number): void {
  check(syscall(SYS.lseek, fd, 0, 0), "lseek", String(fd));
}
