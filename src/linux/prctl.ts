/** prctl(2): settings of the calling process. */
import { check, libc } from "./libc.ts";

const PR_SET_CHILD_SUBREAPER = 36;

/** Orphaned descendants become children of this process instead of init's, so that it can reap them. */
export function becomeSubreaper(): void {
  const { prctl } = libc({ prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" } });
  check(prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n), "prctl", "PR_SET_CHILD_SUBREAPER");
}
