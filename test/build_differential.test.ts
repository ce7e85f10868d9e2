import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import type { RunningEngine } from "../hack/lib/chain.ts";
import { STOCK_CLIENT, startStockEngine } from "../hack/lib/stock-engine.ts";
import { writeContext } from "./build/context.ts";
import { imageOutcome, normalOutput, type Outcome } from "./build/outcome.ts";
import { type Engine, type Result, startTestEngine } from "./lib/engine.ts";

const CORPUS = join(import.meta.dir, "build/corpus");

/** "FROM x\n# args: -q" → ["-q"] */
function argsOf(text: string): string[] {
  const line = /^# args: (.*)$/m.exec(text)?.[1] ?? "";
  return [...line.matchAll(/(?:"[^"]*"|[^\s"])+/g)].map(([word]) => word.replaceAll('"', ""));
}

let folder: string;
let engine: Engine;
let stock: RunningEngine;

beforeAll(async () => {
  folder = mkdtempSync("/tmp/pequod-build-");
  mkdirSync(join(folder, "context"));
  writeContext(join(folder, "context"));
  [engine, stock] = await Promise.all([startTestEngine(), startStockEngine({ folder })]);
  writeBusyboxImage(join(folder, "busybox.tar"));
  const loaded = await docker(stock.host, "load", "-i", join(folder, "busybox.tar"));
  expect(loaded).toMatchObject({ code: 0 });
}, 60_000);

afterAll(async () => {
  await Promise.all([engine.stop(), stock.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

function client(host: string, args: string[]) {
  return Bun.spawn([STOCK_CLIENT, ...args], {
    env: { PATH: process.env["PATH"], HOME: folder, DOCKER_HOST: host, DOCKER_BUILDKIT: "0" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function docker(host: string, ...args: string[]): Promise<Result> {
  const child = client(host, args);
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

async function outcome(host: string, name: string): Promise<Outcome> {
  const text = readFileSync(join(CORPUS, `${name}.Dockerfile`), "utf8");
  const build = () => docker(host, "build", ...argsOf(text), "-t", name, join(folder, "context"));
  if (text.startsWith("# twice")) await build();
  const { code, stdout, stderr } = await build();
  const run = (...args: string[]) => docker(host, ...args);
  const save = () => client(host, ["save", name]).stdout as unknown as AsyncIterable<Uint8Array>;
  const image = await imageOutcome(run, save, name);
  return { code, output: [...normalOutput(stdout), "stderr:", ...normalOutput(stderr)], ...image };
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
  const names = readdirSync(CORPUS).map((file) => file.replace(/\.Dockerfile$/, ""));
  test("the corpus has at least 60 Dockerfiles", () => expect(names.length).toBeGreaterThanOrEqual(60));
  test.each(names.sort())("%s", async (name) => {
    copyFileSync(join(CORPUS, `${name}.Dockerfile`), join(folder, "context/Dockerfile"));
    utimesSync(join(folder, "context/Dockerfile"), 1577836800, 1577836800);
    const [ours, theirs] = await Promise.all([outcome(engine.host, name), outcome(stock.host, name)]);
    if (name.startsWith("error-")) expectSameError(ours, theirs);
    else expect(ours).toEqual(theirs);
  });
});
