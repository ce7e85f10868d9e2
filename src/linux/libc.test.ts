import { expect, test } from "bun:test";
import { check, cstring, libc, prepareErrno, ptr, SyscallError } from "./libc.ts";

test("check() turns a failed call into an error with the errno name", () => {
  prepareErrno();
  const { umount2 } = libc({ umount2: { args: ["ptr", "i32"], returns: "i32" } });
  const path = cstring("/does/not/exist");
  let seen: unknown;
  try {
    check(umount2(ptr(path), 0), "umount", "/does/not/exist");
  } catch (error) {
    seen = error;
  }
  expect(seen).toBeInstanceOf(SyscallError);
  expect((seen as SyscallError).code).toBe("ENOENT");
  expect((seen as SyscallError).message).toBe("umount /does/not/exist: ENOENT");
});

test("cstring() refuses an embedded NUL", () => {
  expect(() => cstring("a\0b")).toThrow("EINVAL");
});
