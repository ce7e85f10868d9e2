/** The systemd units of contrib/, as systemd itself reads them. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BIN } from "./lib/engine.ts";

const UNITS = join(import.meta.dir, "../contrib/systemd");
const here = Bun.which("systemd-analyze") !== null;
if (!here) console.error("units.test.ts: skipped, systemd is not installed");

const folder = mkdtempSync("/tmp/pequod-units-");
afterAll(() => rmSync(folder, { recursive: true }));

function verify(change: (text: string) => string) {
  const paths = readdirSync(UNITS).map((name) => join(folder, name));
  for (const path of paths) {
    const text = readFileSync(join(UNITS, path.slice(folder.length)), "utf8");
    // The programs need not be installed for this.
    writeFileSync(path, change(text.replaceAll("/usr/bin/", `${BIN}/`)));
  }
  const child = Bun.spawnSync(["systemd-analyze", "verify", ...paths]);
  return { code: child.exitCode, words: child.stderr.toString() };
}

test.skipIf(!here)("systemd takes every unit without a word", () => {
  expect(verify((text) => text)).toEqual({ code: 0, words: "" });
  // It does say so when something is wrong.
  expect(verify((text) => text.replace("KillMode=process", "KillMode=nonsense")).words).toContain("nonsense");
});
