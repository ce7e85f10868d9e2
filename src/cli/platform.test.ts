import { expect, test } from "bun:test";
import { platformOption, readPlatform } from "./platform.ts";

test.each([
  ["linux/amd64", { os: "linux", architecture: "amd64" }],
  ["Linux/X86_64", { os: "linux", architecture: "amd64" }],
  ["linux/arm64/v8", { os: "linux", architecture: "arm64" }],
  ["linux/arm", { os: "linux", architecture: "arm", variant: "v7" }],
  ["linux/arm/v6", { os: "linux", architecture: "arm", variant: "v6" }],
  ["armel", { os: "linux", architecture: "arm", variant: "v6" }],
  ["riscv64", { os: "linux", architecture: "riscv64" }],
])("readPlatform(%p)", (text, platform) => {
  expect(readPlatform(text)).toEqual(platform);
});

test.each([
  ["a/b/c/d", "cannot parse platform specifier"],
  ["nonsense", "unknown operating system or architecture"],
  ["linux/b!", '"b!" is an invalid component of "linux/b!"'],
  ["a!/b", '"a!" is an invalid OS component of "a!/b"'],
])("readPlatform(%p) refuses: %s", (text, words) => {
  expect(() => readPlatform(text)).toThrow(words);
  expect(() => platformOption(text, "invalid platform: ")).toThrow(`invalid platform: "`);
});
