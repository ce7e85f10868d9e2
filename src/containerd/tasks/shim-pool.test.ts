import { expect, test } from "bun:test";
import { ShimPool } from "./shim-pool.ts";

/** Starts shims named 1, 2, 3 ... */
function starter() {
  let count = 0;
  return () => Promise.resolve(String(++count));
}

test("a shim takes tasks of its namespace up to the limit", async () => {
  const [pool, start] = [new ShimPool(2), starter()];
  expect(await pool.place("a", start)).toEqual({ address: "1", started: true });
  expect(await pool.place("b", start)).toEqual({ address: "2", started: true });
  expect(await pool.place("a", start)).toEqual({ address: "1", started: false });
  expect(await pool.place("a", start)).toEqual({ address: "3", started: true });
  pool.close();
});

test("tasks that come while a shim starts wait for it", async () => {
  const [pool, start] = [new ShimPool(3), starter()];
  const places = await Promise.all([1, 2, 3, 4].map(() => pool.place("a", start)));
  expect(places.map(({ address }) => address)).toEqual(["1", "1", "1", "2"]);
  pool.close();
});

test("when a shim does not start, one who waits for it starts another", async () => {
  const pool = new ShimPool(3);
  const failing = pool.place("a", () => Promise.reject(new Error("no shim")));
  const other = pool.place("a", () => Promise.resolve("2"));
  expect(failing).rejects.toThrow("no shim");
  expect(await other).toEqual({ address: "2", started: true });
  pool.close();
});

test("a shim without tasks is joined again; one that is forgotten is not", async () => {
  const [pool, start] = [new ShimPool(2), starter()];
  await pool.place("a", start);
  expect(pool.leave("1")).toBe(false);
  expect(await pool.place("a", start)).toEqual({ address: "1", started: false });
  pool.forget("1");
  expect(await pool.place("a", start)).toEqual({ address: "2", started: true });
  expect(pool.leave("1")).toBe(true);
  pool.close();
});
