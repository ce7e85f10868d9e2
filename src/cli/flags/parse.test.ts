import { describe, expect, test } from "bun:test";
import { HelpAsked, parseFlags } from "./parse.ts";
import type { FlagTable } from "./spec.ts";

const TABLE = {
  all: { kind: "bool", short: "a", help: "" },
  proxy: { kind: "bool", on: true, help: "" },
  name: { kind: "string", short: "n", help: "" },
  env: { kind: "list", short: "e", help: "", check: (text: string) => text.toUpperCase() },
  last: { kind: "int", help: "" },
  memory: { kind: "bytes", short: "m", help: "" },
  wait: { kind: "duration", help: "" },
  cpus: { kind: "cpus", help: "" },
  time: { kind: "int", hidden: true, deprecated: "use --wait instead", help: "" },
} as const satisfies FlagTable;

const parse = (...args: string[]) => parseFlags(TABLE, args, false);
const failure = (...args: string[]) => {
  try {
    parse(...args);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("no failure");
};

describe("parseFlags()", () => {
  test("takes long and short flags, values apart or joined, and what is no flag", () => {
    const { values, rest, given } = parse(
      "x",
      "--name=a",
      "-a",
      "-e",
      "b",
      "-ec",
      "--env",
      "d",
      "y",
      "-m=64m",
    );
    expect(values).toMatchObject({ name: "a", all: true, env: ["B", "C", "D"], memory: 67108864 });
    expect(rest).toEqual(["x", "y"]);
    expect([...given].sort()).toEqual(["all", "env", "memory", "name"]);
  });
  test("has booleans and lists without being given, others not", () => {
    const { values } = parse();
    expect(values).toEqual({ all: false, proxy: true, env: [] });
    expect(parse("--proxy=false").values["proxy"]).toBe(false);
  });
  test("joins short flags", () => {
    expect(parse("-anx").values).toMatchObject({ all: true, name: "x" });
  });
  test("ends at --, and at the first argument when told to", () => {
    expect(parse("-a", "--", "-n").rest).toEqual(["-n"]);
    expect(parseFlags(TABLE, ["-a", "x", "-n"], true).rest).toEqual(["x", "-n"]);
  });
  test("reads durations and processors", () => {
    expect(parse("--wait", "1m30s", "--cpus", "1.5").values).toMatchObject({ wait: 90e9, cpus: 1.5e9 });
  });
  test("says what is wrong as pflag does", () => {
    expect(failure("--nope")).toBe("unknown flag: --nope");
    expect(failure("-az")).toBe("unknown shorthand flag: 'z' in -z");
    expect(failure("--name")).toBe("flag needs an argument: --name");
    expect(failure("-an")).toBe("flag needs an argument: 'n' in -n");
    expect(failure("--last", "x")).toBe(
      'invalid argument "x" for "--last" flag: strconv.ParseInt: parsing "x": invalid syntax',
    );
    expect(failure("-m", "x")).toBe('invalid argument "x" for "-m, --memory" flag: invalid size: \'x\'');
    expect(failure("-a=x")).toBe(
      'invalid argument "x" for "-a, --all" flag: strconv.ParseBool: parsing "x": invalid syntax',
    );
  });
  test("asks for help, with a word about -h", () => {
    expect(() => parse("--help")).toThrow(HelpAsked);
    expect(failure("-h")).toBe("Flag shorthand -h has been deprecated, use --help\n");
    expect(parse("--help=false").rest).toEqual([]);
  });
  test("notes deprecated flags", () => {
    expect(parse("--time", "1").notes).toEqual(["Flag --time has been deprecated, use --wait instead"]);
  });
});
