import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { workAhead } from "./build/ahead.ts";
import { TIME, writeContext } from "./build/context.ts";
import type { Outcome } from "./build/outcome.ts";
import { type Pair, startPair } from "./build/pair.ts";

const CORPUS = join(import.meta.dir, "build/corpus");

/** "FROM x\n# args: -q" → ["-q"] */
function argsOf(text: string): string[] {
  const line = /^# args: (.*)$/m.exec(text)?.[1] ?? "";
  return [...line.matchAll(/(?:"[^"]*"|[^\s"])+/g)].map(([word]) => word.replaceAll('"', ""));
}

/** Builds that are under way at the same time, on each side. */
const WIDTH = 3;

interface Case {
  name: string;
  text: string;
  /** What counts is the second time, when all is in the cache. */
  twice: boolean;
}

const all = readdirSync(CORPUS)
  .sort()
  .map((file): Case => {
    const text = readFileSync(join(CORPUS, file), "utf8");
    return { name: file.replace(/\.Dockerfile$/, ""), text, twice: text.startsWith("# twice") };
  });
const cases = [...all.filter(({ twice }) => !twice), ...all.filter(({ twice }) => twice)];

let pair: Pair;
const outcomes = new Map<string, Promise<{ ours: Outcome; theirs: Outcome }>>();

beforeAll(async () => {
  pair = await startPair();
  mkdirSync(join(pair.folder, "context"));
  writeContext(join(pair.folder, "context"));
  await pair.load((path) => writeBusyboxImage(path));
  beginAll();
}, 60_000);

afterAll(() => pair.stop());

/** Side by side, nobody may hit what another has just put into the cache; those about the cache come last, one by one. */
function beginAll(): void {
  const jobs = cases.map((one) => () => build(one));
  const count = cases.filter(({ twice }) => !twice).length;
  const plain = workAhead(WIDTH, jobs.slice(0, count));
  const cached = workAhead(1, jobs.slice(count), Promise.allSettled(plain));
  for (const [i, outcome] of [...plain, ...cached].entries()) outcomes.set(cases[i]!.name, outcome);
}

async function build({ name, text, twice }: Case): Promise<{ ours: Outcome; theirs: Outcome }> {
  const context = join(pair.folder, `context-${name}`);
  Bun.spawnSync(["cp", "-a", join(pair.folder, "context"), context]);
  const file = join(context, "Dockerfile");
  writeFileSync(file, text);
  utimesSync(file, TIME, TIME);
  utimesSync(context, TIME, TIME);
  try {
    return await pair.build(name, context, [...(twice ? [] : ["--no-cache"]), ...argsOf(text)], twice);
  } finally {
    rmSync(context, { recursive: true });
  }
}

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
  test("the corpus has at least 60 Dockerfiles", () => expect(cases.length).toBeGreaterThanOrEqual(60));
  test.each(cases.map(({ name }) => name))("%s", async (name) => {
    const { ours, theirs } = await outcomes.get(name)!;
    if (name.startsWith("error-")) expectSameError(ours, theirs);
    else expect(ours).toEqual(theirs);
  });
});
