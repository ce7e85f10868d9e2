/** Dockerfiles that install packages of apt, npm and pip: the same images as stock's classic builder makes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { DEBIAN, NODE, writeHostImage } from "./build/host-image.ts";
import { writePackages } from "./build/packages.ts";
import { type Pair, startPair } from "./build/pair.ts";

const FILES = join(import.meta.dir, "build/packages");
let pair: Pair;
let context: string;

beforeAll(async () => {
  pair = await startPair();
  context = join(pair.folder, "context");
  mkdirSync(context);
  writePackages(context);
  await pair.load((path) => writeBusyboxImage(path));
  for (const image of [DEBIAN, NODE]) await pair.load((path) => writeHostImage(path, image));
}, 120_000);

afterAll(() => pair.stop());

describe("packages are installed alike", () => {
  test.each([
    ["apt", ["good day", "configured greet: configure"]],
    ["python", ["good day from python"]],
    ["npm", ["good day, node", "/app/node_modules/greet:"]],
    ["all", ["HEALTHCHECK"]],
  ])("%s", async (name, said) => {
    copyFileSync(join(FILES, `${name}.Dockerfile`), join(context, "Dockerfile"));
    utimesSync(join(context, "Dockerfile"), 1577836800, 1577836800);
    const { ours, theirs } = await pair.build(name, context, [], false);
    for (const words of said) expect(theirs.output.join("\n")).toContain(words);
    expect(theirs.code).toBe(0);
    expect(ours).toEqual(theirs);
  });
});
