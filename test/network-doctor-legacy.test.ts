/**
 * `docker network doctor` where the engine does not hear of changes to the firewall: iptables' old backend tells nobody,
 * so that rules which somebody has taken away stay away until the engine's next change.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type Engine, OUR_CLI, startTestEngine } from "./lib/engine.ts";

const LEGACY = "/usr/sbin/xtables-legacy-multi";
const here = existsSync(LEGACY);
if (!here) console.error("network-doctor-legacy.test.ts: skipped, iptables' old backend is not installed");

const programs = mkdtempSync("/tmp/pequod-legacy-");
const path = `${programs}/bin:${process.env["PATH"]}`;
let engine: Engine;

beforeAll(async () => {
  if (!here) return;
  mkdirSync(join(programs, "bin"));
  for (const family of ["iptables", "ip6tables"])
    for (const action of ["", "-save", "-restore"])
      symlinkSync(LEGACY, join(programs, "bin", `${family}${action}`));
  const before = process.env["PATH"];
  process.env["PATH"] = path;
  engine = await startTestEngine();
  process.env["PATH"] = before;
  await engine.ok("run", "-d", "--name", "web", "-p", "8080:80", "busybox", "httpd", "-f", "-p", "80");
});
afterAll(async () => {
  await engine?.stop();
  rmSync(programs, { recursive: true });
});

const sh = (command: string) => {
  const child = Bun.spawnSync(["sh", "-c", command], { env: { PATH: path } });
  if (child.exitCode !== 0) throw new Error(`${command}: ${child.stderr}`);
};
const doctor = () => engine.docker(["network", "doctor", "web"], { cli: OUR_CLI });

/** Breaks something, expects it to be named, applies the cure that is printed, and expects it gone. */
test.skipIf(!here).each([
  [
    "iptables -t nat -D POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
    "the MASQUERADE rule for 172.17.0.0/16 is missing: answers cannot find back",
  ],
  ["iptables -t nat -F DOCKER", "a rule of the engine is missing: -t nat -A DOCKER ! -i docker0 -p tcp"],
  [
    "iptables -D FORWARD -i docker0 ! -o docker0 -j ACCEPT; iptables -P FORWARD DROP",
    "no rule accepts it, and the policy of FORWARD is DROP",
  ],
])("%s", async (command, named) => {
  sh(command);
  const { stdout, code } = await doctor();
  const lines = stdout.split("\n");
  const at = lines.findIndex((line) => line.includes(named));
  expect({ named, line: lines[at] }).toEqual({ named, line: expect.stringContaining("PROBLEM") });
  expect(code).toBe(1);
  // Each cure once: a rule that is there twice has to be removed twice.
  const cures = lines.filter((line) => line.includes("cure: iptables"));
  expect(new Set(cures.map((line) => line.replace(/ -[AI] /, " "))).size).toBe(cures.length);
  for (const line of lines.filter((one) => one.includes("cure: iptables")))
    sh(line.replace(/^\s*cure: /, "").split(",")[0]!);
  expect((await doctor()).stdout).not.toContain(named);
});
