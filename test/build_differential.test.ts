import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { writeContext } from "./build/context.ts";
import type { Outcome } from "./build/outcome.ts";
import { type Pair, startPair } from "./build/pair.ts";

const CORPUS = join(import.meta.dir, "build/corpus");

/** "FROM x\n# args: -q" → ["-q"] */
function argsOf(text: string): string[] {
  const line = /^# args: (.*)$/m.exec(text)?.[1] ?? "";
  return [...line.matchAll(/(?:"[^"]*"|[^\s"])+/g)].map(([word]) => word.replaceAll('"', ""));
}

let pair: Pair;

beforeAll(async () => {
  pair = await startPair();
  mkdirSync(join(pair.folder, "context"));
  writeContext(join(pair.folder, "context"));
  await pair.load((path) => writeBusyboxImage(path));
}, 60_000);

afterAll(() => pair.stop());

/** We find some errors earlier than stock, and say more: where, and what was probably meant. */
function expectSameError(ours: Outcome, theirs: Outcome): void {
  const core = (line: string) =>
    line
      .replace(/^.*(?:failed to parse Dockerfile|parse error line \d+): /, "")
      .replace(/^Error response from daemon: /, "");
  expect(ours.code).toBe(theirs.code);
  expect(ours.image).toBe(theirs.image);
  expect(ours.output.join("\n").toLowerCase()).toContain(core(theirs.output.at(-1)!).toLowerCase());
}

describe("the same Dockerfile gives the same image as stock's classic builder", () => {
  const names = readdirSync(CORPUS).map((file) => file.replace(/\.Dockerfile$/, ""));
  test("the corpus has at least 60 Dockerfiles", () => expect(names.length).toBeGreaterThanOrEqual(60));
  test.each(names.sort())("%s", async (name) => {
    const context = join(pair.folder, "context");
    const file = join(CORPUS, `${name}.Dockerfile`);
    copyFileSync(file, join(context, "Dockerfile"));
    utimesSync(join(context, "Dockerfile"), 1577836800, 1577836800);
    const text = readFileSync(file, "utf8");
    const { ours, theirs } = await pair.build(name, context, argsOf(text), text.startsWith("# twice"));
    if (name.startsWith("error-")) expectSameError(ours, theirs);
    else expect(ours).toEqual(theirs);
  });
});
