import { describe, expect, test } from "bun:test";
import { canonicalReference, familiarReference, parseReference, withDefaultTag } from "./reference.ts";

describe("parseReference()", () => {
  test.each([
    ["busybox", "docker.io/library/busybox:latest", "busybox:latest"],
    ["user/x:1.0", "docker.io/user/x:1.0", "user/x:1.0"],
    ["docker.io/library/busybox", "docker.io/library/busybox:latest", "busybox:latest"],
    ["index.docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest"],
    ["127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b:latest", "127.0.0.1:5000/a/b:latest"],
    ["localhost/x", "localhost/x:latest", "localhost/x:latest"],
    ["[::1]:5000/x:t", "[::1]:5000/x:t", "[::1]:5000/x:t"],
    [
      `a@sha256:${"0".repeat(64)}`,
      `docker.io/library/a@sha256:${"0".repeat(64)}`,
      `a@sha256:${"0".repeat(64)}`,
    ],
  ])("%s is %s", (typed, canonical, familiar) => {
    const reference = withDefaultTag(parseReference(typed));
    expect(canonicalReference(reference)).toBe(canonical);
    expect(familiarReference(reference)).toBe(familiar);
  });
  test("refuses what is malformed, in Docker's words", () => {
    for (const text of ["", ":", "a:", "-x", "a//b", "x:-t", "x@sha256:12", "a b"]) {
      expect(() => parseReference(text)).toThrow("invalid reference format");
    }
    expect(() => parseReference("Busybox")).toThrow("repository name (library/Busybox) must be lowercase");
    expect(() => parseReference("a".repeat(64))).toThrow("cannot specify 64-byte hexadecimal strings");
    expect(() => parseReference("g".repeat(300))).toThrow("must not be more than 255 characters");
  });
});
