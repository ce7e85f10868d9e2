import { describe, expect, test } from "bun:test";
import { flagHelp, parseFlags } from "./flags.ts";

const table = {
  debug: { kind: "bool", short: "D", help: "Enable debug mode" },
  interactive: { kind: "bool", short: "i", help: "Keep STDIN open" },
  "data-root": { kind: "string", short: "g", help: "Root directory", fallback: '"/var/lib/docker"' },
  mtu: { kind: "int", help: "Set the MTU" },
  host: { kind: "list", short: "H", help: "Sockets" },
} as const;

describe("parseFlags()", () => {
  test("reads every form of a flag, and what is none", () => {
    const args = [
      "-Di",
      "-g",
      "/a",
      "--mtu=1400",
      "-Hunix://x",
      "--host",
      "tcp://y",
      "rest",
      "--",
      "--debug",
    ];
    expect(parseFlags(table, args)).toEqual({
      values: { debug: true, interactive: true, "data-root": "/a", mtu: 1400, host: ["unix://x", "tcp://y"] },
      rest: ["rest", "--debug"],
    });
  });
  test("leaves out what was not given, and takes --flag=false", () => {
    expect(parseFlags(table, ["--debug=false"]).values).toEqual({ debug: false });
  });
  test("stops at the first argument when asked to", () => {
    expect(parseFlags(table, ["-D", "run", "-i"], { stopAtFirst: true }).rest).toEqual(["run", "-i"]);
  });
  test("complains in pflag's words", () => {
    expect(() => parseFlags(table, ["--nope"])).toThrow("unknown flag: --nope");
    expect(() => parseFlags(table, ["-x"])).toThrow("unknown shorthand flag: 'x' in -x");
    expect(() => parseFlags(table, ["--mtu"])).toThrow("flag needs an argument: --mtu");
    expect(() => parseFlags(table, ["--mtu", "x"])).toThrow('invalid argument "x" for "--mtu" flag');
  });
});

test("flagHelp() lines the flags up", () => {
  expect(flagHelp({ mtu: table.mtu, debug: table.debug })).toBe(
    "  -D, --debug     Enable debug mode\n      --mtu int   Set the MTU\n",
  );
});
