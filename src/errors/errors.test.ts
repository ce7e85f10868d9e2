import { describe, expect, test } from "bun:test";
import { conflict, ERROR_KINDS, errnoOf, kindOf, notFound } from "./errors.ts";
import { GRPC_CODE, kindOfCode } from "./grpc.ts";
import { HTTP_STATUS, kindOfStatus } from "./http.ts";

describe("kindOf()", () => {
  test("finds the kind along the chain of causes", () => {
    expect(kindOf(new Error("outer", { cause: notFound("no such container: x") }))).toBe("notFound");
  });
  test("takes the outermost kind", () => {
    expect(kindOf(conflict("in use", { cause: notFound("x") }))).toBe("conflict");
  });
  test("calls anything else a system error", () => {
    expect(kindOf("text")).toBe("system");
    expect(kindOf(new TypeError("x"))).toBe("system");
  });
});

describe("wire tables", () => {
  test("an error keeps its status over HTTP and gRPC and back", () => {
    for (const kind of ERROR_KINDS) {
      expect(HTTP_STATUS[kindOfStatus(HTTP_STATUS[kind])]).toBe(HTTP_STATUS[kind]);
      expect(GRPC_CODE[kindOfCode(GRPC_CODE[kind])]).toBe(GRPC_CODE[kind]);
    }
  });
});

test("errnoOf() reads the code of a failed system call only", () => {
  expect(errnoOf(Object.assign(new Error("x"), { code: "ENOENT" }))).toBe("ENOENT");
  expect(errnoOf(new Error("x"))).toBeUndefined();
});
