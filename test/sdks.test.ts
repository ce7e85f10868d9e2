/**
 * Client libraries of other languages, from Debian: python3-docker, and Go's github.com/docker/docker/client; and
 * testcontainers, by which tests in JavaScript start what they need.
 */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../hack/lib/command.ts";
import { type Engine, startTestEngine } from "./lib/engine.ts";

const PYTHON = "/usr/bin/python3";
const hasPython = existsSync("/usr/lib/python3/dist-packages/docker/client.py");
const GO_SOURCES = "/usr/share/gocode";
const hasGo = Bun.which("go") !== null && existsSync(`${GO_SOURCES}/src/github.com/docker/docker/client`);
const hasTestcontainers = existsSync(join(import.meta.dir, "../node_modules/testcontainers"));
if (!hasTestcontainers) console.error("sdks.test.ts: testcontainers is not installed: npm install");
if (!hasPython) console.error("sdks.test.ts: python3-docker is not installed");
if (!hasGo) console.error("sdks.test.ts: golang-go and golang-github-docker-docker-dev are not installed");

const PROGRAMS = join(import.meta.dir, "clients");

let engine: Engine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.stop());

async function run(command: string[], env: Record<string, string> = {}): Promise<[number, string]> {
  const { code, stdout, stderr } = await runCommand(command, {
    env: { ...process.env, ...env, DOCKER_HOST: engine.host, HOME: engine.folder },
  });
  return [code, stdout + stderr];
}

test.skipIf(!hasPython)("python3-docker: everything that its users do", async () => {
  const [code, output] = await run([PYTHON, join(PROGRAMS, "sdk.py")], { PYTHONWARNINGS: "ignore" });
  if (code !== 0) throw new Error(output);
  expect(output).toMatch(/Ran 16 tests in .*\n\nOK/);
});

test.skipIf(!hasGo)("Go's client: everything that its users do", async () => {
  const program = join(engine.folder, "go-sdk");
  const go = {
    GO111MODULE: "off",
    GOPATH: GO_SOURCES,
    GOCACHE: join(engine.folder, "go-cache"),
    CGO_ENABLED: "0",
  };
  const [built, words] = await run(["go", "build", "-o", program, join(PROGRAMS, "go", "main.go")], go);
  if (built !== 0) throw new Error(words);
  const [code, output] = await run([program]);
  if (code !== 0) throw new Error(output);
  expect(output).toBe("all well\n");
});

test.skipIf(!hasTestcontainers)("testcontainers: everything that its users do", async () => {
  const folder = join(engine.folder, "testcontainers");
  mkdirSync(folder);
  const script = join(PROGRAMS, "testcontainers.mjs");
  const [code, output] = await run([process.execPath, script, folder], {
    // Its image comes from a registry.
    TESTCONTAINERS_RYUK_DISABLED: "true",
  });
  if (code !== 0) throw new Error(output);
  expect(output).toContain("10 uses, all well\n");
  // What did not become ready stays, without the helper container that clears up.
  expect(await engine.ok("ps", "-q")).toBe("");
  expect(await engine.ok("network", "ls", "--filter", "type=custom", "-q")).toBe("");
});
