import { expect, test } from "bun:test";
import { Crc64 } from "./crc64.ts";

const crc = (...parts: string[]) => {
  const sum = new Crc64();
  for (const part of parts) sum.update(Buffer.from(part));
  return sum.digest().toString("hex");
};

test("Crc64 gives the check value of CRC-64/GO-ISO, in whole and in odd parts", () => {
  expect(crc("123456789")).toBe("b90956c775a41001");
  expect(crc("1", "234", "", "56", "789")).toBe("b90956c775a41001");
  expect(crc("")).toBe("0000000000000000");
});
