/** eventfd(2): a counter that other parts of the kernel can raise. */
import { check, libc, prepareErrno } from "./libc.ts";

const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;

/** A new event counter at 0, non-blocking and close-on-exec. Reading it gives 8 bytes and sets it to 0. */
export function eventfd(): number {
  prepareErrno();
  const symbols = libc({ eventfd: { args: ["u32", "i32"], returns: "i32" } });
  return check(symbols.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");
}
