/** memfd_create(2): files without a name, in memory. */
import { closeFd, writeFd } from "./fd.ts";
import { check, cstring, libc } from "./libc.ts";

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_EXEC = 0x10;
const F_ADD_SEALS = 1033;
const SEAL_ALL = 0x0f; // seal, shrink, grow, write

function open() {
  return libc({
    memfd_create: { args: ["ptr", "u32"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
    lseek: { args: ["i32", "i64", "i32"], returns: "i64" },
  });
}

let opened: ReturnType<typeof open> | undefined;
const c = () => (opened ??= open());

/** The content as a sealed file that nobody can change any more, open and close-on-exec; executable if asked. */
export function sealedFile(name: string, content: Uint8Array, executable = false): number {
  const label = cstring(name);
  let fd = c().memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING | (executable ? MFD_EXEC : 0));
  // Before Linux 6.3 there is no MFD_EXEC: all are executable.
  if (fd < 0) fd = check(c().memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd_create", name);
  try {
    for (let at = 0; at < content.length; ) at += writeFd(fd, content.subarray(at));
    check(c().fcntl(fd, F_ADD_SEALS, SEAL_ALL), "seal", name);
  } catch (error) {
    closeFd(fd);
    throw error;
  }
  return fd;
}

/** An empty memory file, writable, open and close-on-exec. */
export function memoryFile(name: string): number {
  const label = cstring(name);
  return check(c().memfd_create(label, MFD_CLOEXEC), "memfd_create", name);
}

/** Sets the position of a file to its start. */
export function rewind(fd: number): void {
  check(c().lseek(fd, 0, 0), "lseek", String(fd));
}
