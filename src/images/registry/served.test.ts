import { expect, test } from "bun:test";
import { ServedByMirrors } from "./served.ts";

test("ServedByMirrors tells how much came from where, once a mirror has served something", () => {
  const served = new ServedByMirrors();
  served.count(undefined, 10);
  expect(served.status()).toEqual([]);
  served.count("http://b", 1_000_000);
  served.count("http://a", 5);
  served.count("http://b", 500_000);
  expect(served.status()).toEqual([
    ["Layers from http://a", "1 (5B)"],
    ["Layers from http://b", "2 (1.5MB)"],
    ["Layers from no mirror", "1 (10B)"],
  ]);
});
