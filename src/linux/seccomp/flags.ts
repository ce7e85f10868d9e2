import { errno } from "../libc.ts";
import { SYS, syscall } from "../syscall.ts";

/** Flags of a filter, by the specification's name, as seccomp(2) takes them. */
export const SECCOMP_FLAGS: Readonly<Record<string, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC: 1,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 32,
};

const SET_MODE_FILTER = 1;
const NEW_LISTENER = 8;
const WAIT_KILLABLE = 32;
const EFAULT = 14;

/** Those that this kernel knows: it looks at the flags before it misses the filter. */
export function supportedSeccompFlags(): string[] {
  return Object.keys(SECCOMP_FLAGS).filter((name) => {
    const flag = SECCOMP_FLAGS[name]!;
    // Only a listener can wait.
    const flags = flag === WAIT_KILLABLE ? flag | NEW_LISTENER : flag;
    return syscall(SYS.seccomp, SET_MODE_FILTER, flags, 0) < 0 && errno() === EFAULT;
  });
}
