/** prctl(2): settings of the calling process. */
import { check } from "./libc.ts";
import { SYS, syscall } from "./syscall.ts";

const PR_SET_PDEATHSIG = 1;
const PR_SET_CHILD_SUBREAPER = 36;
const SIGKILL = 9;

function set(option: number, name: string, value: number): void {
  check(syscall(SYS.prctl, option, value), "prctl", name);
}

/** Orphaned descendants become children of this process instead of init's, so that it can reap them. */
export function becomeSubreaper(): void {
  set(PR_SET_CHILD_SUBREAPER, "PR_SET_CHILD_SUBREAPER", 1);
}

/** Has the kernel kill this process as soon as its parent ends, however that ends: for helpers that write on its behalf. */
export function dieWithParent(): void {
  set(PR_SET_PDEATHSIG, "PR_SET_PDEATHSIG", SIGKILL);
}
