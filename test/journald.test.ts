/** The driver journald with a journald of its own: the same fields as stock's, and `docker logs` all the same. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RunningEngine } from "../hack/lib/chain.ts";
import { STOCK_CLIENT, STOCK_DOCKERD, startStockEngine } from "../hack/lib/stock-engine.ts";
import { type Engine, eventually, startTestEngine } from "./lib/engine.ts";

const JOURNALD = "/lib/systemd/systemd-journald";
const JOURNAL = "/run/log/journal";
const here = existsSync(JOURNALD) && existsSync(STOCK_DOCKERD);
if (!here) console.error("journald.test.ts: skipped, systemd-journald or stock dockerd is not installed");

let journald: Bun.Subprocess;
let ours: Engine;
let stock: RunningEngine;
const folder = mkdtempSync("/tmp/pequod-journald-");

const sh = (...words: string[]): string => {
  const child = Bun.spawnSync(words, { stderr: "pipe" });
  if (child.exitCode !== 0) throw new Error(`${words.join(" ")}: ${child.stderr}`);
  return child.stdout.toString();
};

beforeAll(async () => {
  if (!here) return;
  // In this test's own mount namespace: the machine's journal is left alone.
  for (const path of ["/run/systemd", "/run/log"]) {
    mkdirSync(path, { recursive: true });
    sh("mount", "-t", "tmpfs", "tmpfs", path);
  }
  for (const path of ["/run/systemd/journal", JOURNAL]) mkdirSync(path);
  journald = Bun.spawn([JOURNALD], { stdout: "ignore", stderr: "ignore" });
  await eventually("a journal", () => existsSync("/run/systemd/journal/socket"), Boolean, 30);
  [ours, stock] = await Promise.all([
    startTestEngine(),
    startStockEngine({ folder, prefix: ["unshare", "--net", "--"] }),
  ]);
  sh(STOCK_CLIENT, "-H", stock.host, "load", "-i", join(ours.folder, "busybox.tar"));
});
afterAll(async () => {
  await Promise.all([ours?.stop(), stock?.stop()]);
  journald?.kill();
  await journald?.exited;
  if (here) for (const path of ["/run/systemd", "/run/log"]) sh("umount", "-l", path);
  rmSync(folder, { recursive: true, force: true });
});

type Entry = Record<string, string>;

/** What the journal has under a tag, without what is of one machine, one process or one moment. */
function entries(tag: string): Entry[] {
  const lines = sh("journalctl", "-D", JOURNAL, "--all", "-o", "json", `CONTAINER_TAG=${tag}`)
    .trim()
    .split("\n");
  return lines.filter(Boolean).map((line) => {
    const fields = Object.entries(JSON.parse(line) as Entry).filter(([name]) => !name.startsWith("_"));
    return Object.fromEntries(
      fields.map(([name, value]) => [name, value.replace(/^[0-9a-f]{12,64}$/, "ID").replace(tag, "TAG")]),
    );
  });
}

const SCRIPT = `echo out; echo "  spaces  "; head -c 20000 /dev/zero | tr '\\0' x; echo; echo last`;

async function journalOf(host: string, tag: string): Promise<{ journal: Entry[]; logs: string }> {
  const docker = (...args: string[]) => sh(STOCK_CLIENT, "-H", host, ...args);
  const options = ["driver=journald", `opt=tag=${tag}`, "opt=labels=l", "opt=env=E"];
  const flags = options.map((option) => `--log-${option}`);
  docker(
    "run",
    "-d",
    "--name",
    "logs",
    ...flags,
    "-l",
    "l=of label",
    "-e",
    "E=of env",
    "busybox",
    "sh",
    "-c",
    SCRIPT,
  );
  docker("wait", "logs");
  const journal = await eventually(
    "all lines",
    () => entries(tag),
    (found) => found.at(-1)?.["MESSAGE"] === "last",
    30,
  );
  return { journal, logs: docker("logs", "logs") };
}

test.skipIf(!here)("lines have stock's fields, and docker logs shows them", async () => {
  const expected = await journalOf(stock.host, "of-stock");
  const seen = await journalOf(ours.host, "of-ours");
  expect(expected.journal.length).toBeGreaterThan(4);
  expect(seen.journal).toEqual(expected.journal);
  expect(seen.logs).toBe(expected.logs);
});
