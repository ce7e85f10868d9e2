import { expect, test } from "bun:test";
import { ansicTime } from "./client-version.ts";

test("ansicTime() sets RFC 3339 as people read it and leaves anything else", () => {
  expect(ansicTime("2025-05-30T12:07:14Z")).toBe("Fri May 30 12:07:14 2025");
  expect(ansicTime("2026-05-07T21:09:36.000000000+00:00")).toBe("Thu May  7 21:09:36 2026");
  expect(ansicTime("yesterday")).toBe("yesterday");
});
