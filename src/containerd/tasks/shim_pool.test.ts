import { expect, test } from "bun:test";
import { ShimPool } from "./shim_pool.ts";

test("a shim takes tasks of its namespace up to the limit", () => {
  const pool = new ShimPool(2);
  expect(pool.join("a")).toBeUndefined();
  pool.add("a", "unix:///1");
  expect(pool.join("b")).toBeUndefined();
  expect(pool.join("a")).toBe("unix:///1");
  expect(pool.join("a")).toBeUndefined();
});

test("the last task to leave a shim ends it, and nobody joins it then", () => {
  const pool = new ShimPool(2);
  pool.add("a", "unix:///1");
  pool.add("a", "unix:///1");
  expect(pool.leave("unix:///1")).toBe(false);
  expect(pool.leave("unix:///1")).toBe(true);
  expect(pool.join("a")).toBeUndefined();
});

test("a shim that is not shared is ended with its task", () => {
  expect(new ShimPool(2).leave("unix:///own")).toBe(true);
});

test("a limit of one shares nothing", () => {
  const pool = new ShimPool(1);
  pool.add("a", "unix:///1");
  expect(pool.join("a")).toBeUndefined();
});
