import { expect, test } from "bun:test";
import { fullName } from "./load.ts";

test("fullName() puts Docker Hub before what names no host", () => {
  expect(fullName("busybox:1")).toBe("docker.io/library/busybox:1");
  expect(fullName("user/app:1")).toBe("docker.io/user/app:1");
  expect(fullName("localhost/app:1")).toBe("localhost/app:1");
  expect(fullName("127.0.0.1:5000/app")).toBe("127.0.0.1:5000/app");
  expect(fullName("ghcr.io/a/b:1")).toBe("ghcr.io/a/b:1");
});
