import { describe, expect, test } from "bun:test";
import { COMMANDS } from "../commands.ts";
import { type Position, placeholderAt, positionOf } from "./position.ts";

const at = (line: string): Promise<Position> => positionOf(COMMANDS, line.split(" "));

describe("positionOf()", () => {
  test("the first word, and the word after a group, is a command", async () => {
    expect(await at("")).toEqual({ kind: "command", entries: COMMANDS });
    expect(await at("--debug -c x ima")).toEqual({ kind: "command", entries: COMMANDS });
    expect(await at("network l")).toEqual({ kind: "command", entries: COMMANDS["network"]!.group! });
  });
  test("after a flag without a value comes its value", async () => {
    expect(await at("run --network ")).toMatchObject({ kind: "value", name: "network" });
    expect(await at("run -it -v ")).toMatchObject({ kind: "value", name: "volume" });
    expect(await at("run --network=x ")).toMatchObject({ kind: "argument", arguments: [] });
    expect(await at("run --rm ")).toMatchObject({ kind: "argument", arguments: [] });
  });
  test("flags end where the container's command begins", async () => {
    expect(await at("run -")).toMatchObject({ kind: "flag" });
    expect(await at("run busybox ls -")).toMatchObject({ kind: "argument", arguments: ["busybox", "ls"] });
  });
  test("what follows an unknown command is nothing", async () => {
    expect(await at("nonsense ")).toEqual({ kind: "nothing" });
  });
});

test.each([
  ["[OPTIONS] CONTAINER [CONTAINER...]", 0, "CONTAINER"],
  ["[OPTIONS] CONTAINER [CONTAINER...]", 5, "CONTAINER"],
  ["[OPTIONS] NETWORK CONTAINER", 1, "CONTAINER"],
  ["[OPTIONS] NETWORK CONTAINER", 2, undefined],
  ["SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]", 1, "TARGET_IMAGE"],
  ["", 0, undefined],
])("placeholderAt(%p, %p) is %p", (usage, index, placeholder) => {
  expect(placeholderAt(usage, index)).toBe(placeholder!);
});
