/** The same requests to stock dockerd 20.10 and to ours: the same statuses and answers, field by field. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RunningEngine } from "../hack/lib/chain.ts";
import { startStockEngine } from "../hack/lib/stock-engine.ts";
import { FIELDS } from "./lib/differential/fields.ts";
import { KNOWN } from "./lib/differential/known.ts";
import { differences, flatten, type Places } from "./lib/differential/normalise.ts";
import { OBJECTS } from "./lib/differential/objects.ts";
import { SCRIPT, type Step } from "./lib/differential/script.ts";
import { type Engine, startTestEngine } from "./lib/engine.ts";

/** What both are asked for: stock 20.10 knows no later one. */
const VERSION = process.env["PEQUOD_API_VERSION"] ?? "v1.41";

let ours: Engine;
let stock: RunningEngine;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync("/tmp/pequod-stock-");
  [ours, stock] = await Promise.all([
    startTestEngine(),
    // In a network namespace of its own: both make a bridge of the same name.
    startStockEngine({ folder, prefix: ["unshare", "--net", "--"] }),
  ]);
  const archive = readFileSync(join(ours.folder, "busybox.tar"));
  const response = await fetch(`http://d/${VERSION}/images/load`, {
    unix: join(folder, "docker.sock"),
    method: "POST",
    body: archive,
  });
  expect(await response.text()).toContain("Loaded image");
});
afterAll(async () => {
  await Promise.all([ours.stop(), stock.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  status: number;
  type: string;
  body: unknown;
}

async function ask(
  unix: string,
  { request, body, type: called, lines, shape = (seen) => seen }: Step,
): Promise<Answer> {
  const mark = request.indexOf(" ");
  const path = request.slice(mark + 1).replace("NOW", String(Math.ceil(Date.now() / 1000)));
  const response = await fetch(`http://d/${VERSION}${path}`, {
    unix,
    method: request.slice(0, mark),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "Content-Type": called ?? "application/json" } }),
  });
  const text = await response.text();
  const type = (response.headers.get("content-type") ?? "").split(";")[0]!;
  const seen = lines ? text.split("\n").map(parsed) : parsed(text);
  return { status: response.status, type, body: shape(seen) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.trim();
  }
}

const known = (step: string, path: string) =>
  KNOWN.some((entry) => (entry.request?.test(step.replace(/^\d+\. /, "")) ?? true) && entry.path.test(path));

for (const [i, step] of [...OBJECTS, ...FIELDS, ...SCRIPT].entries()) {
  const name = `${i + 1}. ${step.request} ${step.body === undefined ? "" : JSON.stringify(step.body)}`;
  test(name.slice(0, 200), async () => {
    const places = (at: string): Places => ({ [join(at, "root")]: "ROOT", [join(at, "exec")]: "EXEC" });
    const theirs = flatten(await ask(join(folder, "docker.sock"), step), places(folder));
    const own = flatten(await ask(join(ours.folder, "docker.sock"), step), places(ours.folder));
    if (step.quiet) return;
    const unknown = differences(theirs, own).filter(({ path }) => !known(name, path));
    expect(unknown.map(({ shown }) => shown)).toEqual([]);
  });
}
