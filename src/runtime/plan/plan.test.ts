import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileContainer } from "../compile/container.ts";
import { testFacts, testSpec } from "../compile/facts.testing.ts";
import { describePlan, jsonOp } from "./describe.ts";
import { encodePlan } from "./encode.ts";
import { OPS, type Plan, stringList } from "./ops.ts";

const INIT = join(import.meta.dir, "../init");
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe("the table of operations", () => {
  test("is the same in TypeScript and C", () => {
    const text = readFileSync(join(INIT, "ops.h"), "utf8");
    const inC = [...text.matchAll(/X\((\d+), (\w+)\)/g)].map(([, code, name]) => [Number(code), name]);
    const here = Object.entries(OPS).map(([name, { code }]) => [code, snake(name)]);
    expect(here.toSorted()).toEqual(inC.toSorted() as never);
    expect(new Set(here.map(([code]) => code)).size).toBe(here.length);
  });
  test("init reads no number and no text that an operation does not have", () => {
    const sources = readdirSync(INIT)
      .filter((name) => name.endsWith(".c"))
      .map((name) => readFileSync(join(INIT, name), "utf8"))
      .join("\n");
    for (const [name, { numbers, texts }] of Object.entries(OPS)) {
      const body = new RegExp(
        `\\nvoid op_${snake(name)}\\(const struct op \\*op\\)\\n\\{\\n([\\s\\S]*?)\\n\\}\\n`,
      ).exec(sources)?.[1];
      expect(body, name).toBeDefined();
      const usesN = /\*n = op->number/.test(body!);
      const highest = (pattern: RegExp) =>
        Math.max(-1, ...[...body!.matchAll(pattern)].map(([, n]) => Number(n)));
      const number = Math.max(highest(/op->number\[(\d+)\]/g), usesN ? highest(/\bn\[(\d+)\]/g) : -1);
      expect([name, number < numbers.length]).toEqual([name, true]);
      expect([name, highest(/(?:text|text_length|strings)\(op, (\d+)/g) < texts.length]).toEqual([
        name,
        true,
      ]);
    }
  });
});

describe("encodePlan()", () => {
  const plan: Plan = [
    { op: "rlimit", tag: "x", resource: 7, soft: 10, hard: -1n },
    { op: "execute", tag: "y", preserve: 2, args: stringList(["a", "bc"]), env: stringList([]) },
  ];
  test("writes header, numbers and texts, aligned to 8 bytes", () => {
    const bytes = encodePlan(plan, 1);
    const view = new DataView(bytes.buffer);
    expect(new TextDecoder().decode(bytes.subarray(0, 4))).toBe("PQP1");
    expect([view.getUint32(4, true), view.getUint32(8, true), view.getUint32(12, true)]).toEqual([
      2,
      1,
      bytes.length,
    ]);
    expect([view.getUint16(16, true), view.getUint8(18), view.getUint8(19)]).toEqual([2, 3, 0]);
    expect([view.getBigInt64(24, true), view.getBigInt64(32, true), view.getBigInt64(40, true)]).toEqual([
      7n,
      10n,
      -1n,
    ]);
    const second = 16 + view.getUint32(20, true);
    expect(second % 8).toBe(0);
    expect([view.getUint16(second, true), view.getUint8(second + 2), view.getUint8(second + 3)]).toEqual([
      40, 1, 2,
    ]);
    const [offset, length] = [view.getUint32(second + 16, true), view.getUint32(second + 20, true)];
    expect(length).toBe(5);
    expect(new TextDecoder().decode(bytes.subarray(offset, offset + length + 1))).toBe("a\0bc\0\0");
  });
  test("finds texts by bytes, and what is no string behind them", () => {
    const bytes = encodePlan([
      { op: "symlink", tag: "x", content: "äöü", path: "/€" },
      { op: "groups", tag: "y", ids: new Uint8Array([1, 2, 3, 4]) },
      { op: "hostname", tag: "z", name: "box" },
    ]);
    const view = new DataView(bytes.buffer);
    const at = (entry: number) =>
      bytes.subarray(
        view.getUint32(entry, true),
        view.getUint32(entry, true) + view.getUint32(entry + 4, true),
      );
    expect([24, 32, 64].map((entry) => new TextDecoder().decode(at(entry)))).toEqual(["äöü", "/€", "box"]);
    expect([...at(48)]).toEqual([1, 2, 3, 4]);
  });
  test("refuses numbers that are none: what is not 1000 must not become 0", () => {
    for (const uid of ["1000", "x", Number.NaN, 0.5, true])
      expect(() =>
        encodePlan([{ op: "user", tag: "process.user", uid: uid as number, gid: 0, umask: 0 }]),
      ).toThrow("process.user: uid: want a whole number");
  });
  test("fails nowhere unless told so", () => {
    expect(new DataView(encodePlan(plan).buffer).getUint32(8, true)).toBe(0xffffffff);
  });
});

describe("a plan in words", () => {
  const plan = compileContainer(
    testSpec((spec) => {
      spec.mounts = [{ destination: "/t", type: "tmpfs", source: "tmpfs", options: ["ro", "size=1k"] }];
      spec.linux!.maskedPaths = ["/proc/keys"];
    }),
    testFacts(),
    true,
  );
  test("has a line an operation, with number, place and meaning", () => {
    const lines = describePlan(plan).trimEnd().split("\n");
    expect(lines).toHaveLength(plan.length);
    const line = lines.find((text) => text.includes("mounts[0]"))!;
    expect(line).toMatch(/^ *\d+ {2}mounts\[0\] +mount tmpfs on \/t \(size=1k\)$/);
    expect(lines.some((text) => /mounts\[0\] +make the mount on \/t ro$/.test(text))).toBe(true);
    expect(lines.some((text) => /linux\.maskedPaths\[0\] +hide \/proc\/keys$/.test(text))).toBe(true);
    expect(lines.at(-1)).toEndWith('execute "sh"');
  });
  test("is JSON as well, masks as text", () => {
    const ops = plan.map(jsonOp);
    expect(JSON.parse(JSON.stringify(ops))).toEqual(ops);
    expect(ops.find(({ op }) => op === "capabilities")).toMatchObject({
      effective: "0x0",
      tag: "process.capabilities",
    });
    expect(ops.at(-1)).toMatchObject({ op: "execute", args: ["sh"], env: ["PATH=/bin", "HOME=/root"] });
  });
});
