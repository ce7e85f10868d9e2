/** libseccomp through FFI: opened only when a profile is compiled for the first time on a machine. */
import { dlopen, type Pointer, read } from "bun:ffi";
import { messageOf, systemError } from "../../errors/errors.ts";

const LIBRARY = "libseccomp.so.2";

function open() {
  try {
    return dlopen(LIBRARY, {
      seccomp_init: { args: ["u32"], returns: "ptr" },
      seccomp_release: { args: ["ptr"], returns: "void" },
      seccomp_arch_resolve_name: { args: ["ptr"], returns: "u32" },
      seccomp_arch_add: { args: ["ptr", "u32"], returns: "i32" },
      seccomp_attr_set: { args: ["ptr", "u32", "u32"], returns: "i32" },
      seccomp_syscall_resolve_name: { args: ["ptr"], returns: "i32" },
      seccomp_rule_add_array: { args: ["ptr", "u32", "i32", "u32", "ptr"], returns: "i32" },
      seccomp_export_bpf: { args: ["ptr", "i32"], returns: "i32" },
      seccomp_version: { args: [], returns: "ptr" },
    }).symbols;
  } catch (error) {
    throw systemError(`linux.seccomp needs ${LIBRARY}: ${messageOf(error)}: install libseccomp2`, {
      cause: error,
    });
  }
}

let opened: ReturnType<typeof open> | undefined;
export const seccompLibrary = () => (opened ??= open());

/** "2.5.4". Throws where the library is not installed. */
export function libraryVersion(): string {
  // struct scmp_version: three unsigned numbers.
  const version = seccompLibrary().seccomp_version() as Pointer;
  return [0, 4, 8].map((offset) => read.u32(version, offset)).join(".");
}
