/** dockerd dies at each step that a line of output takes on its way from the container into the log. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FaultPoint } from "../src/files/fault.ts";
import { type Engine, eventually, startTestEngine } from "./lib/engine.ts";

const PATIENCE_S = 40;

const faults = mkdtempSync("/tmp/pequod-faults-");
const armed = join(faults, "armed");
let engine: Engine;
beforeAll(async () => {
  process.env["PEQUOD_FAULT"] = armed;
  engine = await startTestEngine();
});
afterAll(async () => {
  delete process.env["PEQUOD_FAULT"];
  await engine.stop();
  rmSync(faults, { recursive: true });
});

/** Lines in two pieces each, an unfinished one at the end, and some on the other stream. */
const SCRIPT = [
  "i=0; while [ $i -lt 40 ]; do i=$((i+1))",
  "printf 'line '; usleep 2000; echo $i; [ $((i % 10)) = 0 ] && echo ten >&2; usleep 4000",
  "done; printf end; exit 3",
].join("; ");
const OUT = `${Array.from({ length: 40 }, (_, i) => `line ${i + 1}\n`).join("")}end`;
const ERR = "ten\n".repeat(4);

interface Case {
  point: FaultPoint;
  /** The pass at which dockerd dies. */
  pass: number;
  /** Options of `docker run`. */
  options?: string[];
}

const ROTATED = (files: number) => ["--log-opt", "max-size=500", "--log-opt", `max-file=${files}`];

const CASES: Case[] = [
  { point: "output.taken", pass: 6 },
  { point: "output.taken", pass: 7, options: ["-t"] },
  { point: "log.appended", pass: 5 },
  { point: "log.appended", pass: 8, options: ["--log-driver", "local"] },
  { point: "log.appended", pass: 9, options: ROTATED(99) },
  { point: "log.rotated", pass: 3, options: ROTATED(99) },
  { point: "log.rotated", pass: 2, options: ROTATED(1) },
  { point: "log.noted", pass: 7 },
  { point: "output.drained", pass: 1 },
  { point: "output.ended", pass: 1 },
  { point: "output.flushed", pass: 1 },
];

test.each(CASES.map((one, i) => ({ ...one, name: `c${i}`, told: (one.options ?? []).join(" ") })))(
  "kill -9 at $point loses and doubles nothing: $told",
  async ({ name, point, pass, options = [] }) => {
    const marker = join(faults, name);
    writeFileSync(armed, `dockerd:${point}:${pass}:${marker}`);
    await engine.docker(["run", "-d", "--name", name, ...options, "busybox", "sh", "-c", SCRIPT]);
    await eventually("dockerd to die", () => existsSync(marker), Boolean, PATIENCE_S);
    const { dockerd, containerd } = engine.chain;
    await dockerd.exited;
    containerd.kill("SIGKILL");
    await containerd.exited;
    await engine.restart();
    expect(await engine.ok("wait", name)).toBe("3");
    const { stdout, stderr } = await engine.docker(["logs", name]);
    if (options.includes("-t")) {
      const seen = stdout.replaceAll("\r\n", "\n");
      expect(seen.replaceAll("ten\n", "")).toBe(OUT);
      expect(seen.split("ten\n").length).toBe(5);
    } else if (options.includes("max-file=1")) {
      // Only the youngest lines are kept, and how many of which stream that are is chance.
      expect(stdout.length).toBeGreaterThan(0);
      expect(OUT.endsWith(stdout)).toBe(true);
    } else {
      expect(stdout).toBe(OUT);
      expect(stderr).toBe(ERR);
    }
    await engine.ok("rm", name);
  },
  90_000,
);
