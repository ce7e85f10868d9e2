/** prctl(2): settings of the calling process. */
import { check, libc } from "./libc.ts";

const PR_SET_PDEATHSIG = 1;
const PR_SET_CHILD_SUBREAPER = 36;
const SIGKILL = 9n;

function set(option: number, name: string, value: bigint): void {
  const { prctl } = libc({ prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" } });
  check(prctl(option, value, 0n, 0n, 0n), "prctl", name);
}

/** Orphaned descendants become children of this process instead of init's, so that it can reap them. */
export function becomeSubreaper(): void {
  set(PR_SET_CHILD_SUBREAPER, "PR_SET_CHILD_SUBREAPER", 1n);
}

/** Has the kernel kill this process as soon as its parent ends, however that ends: for helpers that write on its behalf. */
export function dieWithParent(): void {
  set(PR_SET_PDEATHSIG, "PR_SET_PDEATHSIG", SIGKILL);
}
