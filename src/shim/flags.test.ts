import { expect, test } from "bun:test";
import { parseFlags } from "./flags.ts";

test("parseFlags() reads containerd's command line", () => {
  const flags = parseFlags([
    "-namespace",
    "k8s.io",
    "-address",
    "/run/c.sock",
    "-publish-binary",
    "",
    "--id=a",
    "-debug",
    "start",
  ]);
  expect(flags).toMatchObject({
    namespace: "k8s.io",
    address: "/run/c.sock",
    id: "a",
    debug: true,
    action: "start",
  });
});

test("parseFlags() refuses what it does not know, and a flag without its value", () => {
  expect(() => parseFlags(["-nope"])).toThrow("flag provided but not defined: -nope");
  expect(() => parseFlags(["-id"])).toThrow("flag needs an argument: -id");
});
