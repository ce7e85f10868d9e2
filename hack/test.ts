/**
 * Runs all tests and ends with "N passed, N failed, N skipped".
 *
 *   bun hack/test.ts [--only checks|unit|e2e] [FILE ...]
 *
 * Each check (style, types, folders) counts as one test. Unit tests run in one process, the shim's in another. Each end-to-end file runs in a
 * process, network and mount namespace of its own, two at a time, against binaries built for the run. At the end a
 * virtual machine runs the tests that need another kernel or cgroup layout (hack/test-vm.ts).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { failuresOf } from "./lib/failures.ts";

const ROOT = resolve(import.meta.dir, "..");
const OUT = join(ROOT, ".build", "test");
const BIN = join(ROOT, ".build", "bin");
const PARALLEL = 2;
const FILE_TIMEOUT_MS = 12 * 60 * 1000;
/** More than the machine gives itself (hack/test-vm.ts), so that it can tell what it came to. */
const MACHINE_TIMEOUT_MS = 17 * 60 * 1000;

interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
}

const total: Outcome = { passed: 0, failed: 0, skipped: 0 };
/** Told again at the end. */
const failures: string[] = [];

function add(outcome: Outcome): void {
  total.passed += outcome.passed;
  total.failed += outcome.failed;
  total.skipped += outcome.skipped;
}

interface Ran {
  code: number;
  output: string;
  seconds: number;
}

async function run(
  command: string[],
  env: Record<string, string> = {},
  timeout = FILE_TIMEOUT_MS,
): Promise<Ran> {
  const start = performance.now();
  const child = Bun.spawn(command, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout,
    killSignal: "SIGKILL",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, output: out + err, seconds: (performance.now() - start) / 1000 };
}

function report(name: string, ran: Ran, outcome: Outcome): void {
  const { passed, failed, skipped } = outcome;
  const verdict = failed > 0 ? "FAIL" : "ok  ";
  console.log(
    `${verdict} ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped (${ran.seconds.toFixed(1)} s)`,
  );
  if (failed > 0) {
    const known = failuresOf(ran.output);
    failures.push(
      ...(known.length > 0 ? known : ["it ended with a failure that no test told of"]).map(
        (text) => `${name}: ${text}`,
      ),
    );
    console.log(
      ran.output
        .split("\n")
        .filter((line) => !line.startsWith("(pass)"))
        .join("\n"),
    );
  }
  add(outcome);
}

async function check(name: string, command: string[]): Promise<void> {
  const ran = await run(command);
  report(name, ran, { passed: ran.code === 0 ? 1 : 0, failed: ran.code === 0 ? 0 : 1, skipped: 0 });
}

async function checks(): Promise<void> {
  const bin = (name: string) => join(ROOT, "node_modules", ".bin", name);
  await Promise.all([
    check("style", [bin("biome"), "check", "--error-on-warnings", "."]),
    check("types", [bin("tsc"), "--noEmit", "-p", "."]),
    check("folders", [process.execPath, "hack/imports.ts"]),
  ]);
}

/** One `bun test` run over some files, in namespaces of its own. */
async function suite(name: string, files: string[]): Promise<void> {
  const xml = join(OUT, `${name}.xml`);
  rmSync(xml, { force: true });
  const command = [
    "hack/isolated",
    process.execPath,
    "test",
    "--timeout",
    "120000",
    "--reporter=junit",
    `--reporter-outfile=${xml}`,
  ];
  const ran = await run([...command, ...files], { PEQUOD_BIN: BIN });
  report(name, ran, outcomeOf(xml, ran.code));
}

/** Counts from the JUnit file; a run that died without one, or failed without naming a test, is one failure. */
function outcomeOf(xml: string, code: number): Outcome {
  if (!existsSync(xml)) return { passed: 0, failed: 1, skipped: 0 };
  const head = /<testsuites[^>]*>/.exec(readFileSync(xml, "utf8"))?.[0] ?? "";
  const count = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  const skipped = count("skipped");
  return {
    passed: count("tests") - failed - skipped,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped,
  };
}

async function unit(): Promise<void> {
  // The shim's tests reap every child of their process, so they have one of their own.
  const folders = readdirSync(join(ROOT, "src")).filter((name) => name !== "shim");
  await suite("unit", [...folders.map((name) => `./src/${name}/`), "./hack/"]);
  await suite("unit-shim", ["./src/shim/"]);
}

/** The Engine API description, which lies beside the checkout, and the tests that compare with it. */
const DESCRIPTION = resolve(ROOT, "../shared/reference/engine-api-1.50.yaml");
const NEEDS_DESCRIPTION = ["contract", "fuzz"];

/** Why a file cannot run here; undefined when it can. In CI everything must. */
function whyNot(name: string): string | undefined {
  if (process.env["CI"] || !NEEDS_DESCRIPTION.includes(name) || existsSync(DESCRIPTION)) return undefined;
  return `${DESCRIPTION} is not there`;
}

async function endToEnd(chosen: string[]): Promise<void> {
  const built = await run([process.execPath, "hack/build.ts", "--flat", BIN]);
  if (built.code !== 0) {
    report("build", built, { passed: 0, failed: 1, skipped: 0 });
    return;
  }
  const all = [...new Bun.Glob("test/*.test.ts").scanSync(ROOT)].sort();
  const waiting = chosen.length > 0 ? chosen : all;
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const name = basename(file, ".test.ts");
      const why = whyNot(name);
      if (why === undefined) await suite(name, [`./${file.replace(/^\.\//, "")}`]);
      else {
        console.log(`skip ${name}: ${why}`);
        add({ passed: 0, failed: 0, skipped: 1 });
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

/** What needs another kernel or cgroup layout than this machine's, in a virtual machine. */
async function virtualMachine(): Promise<void> {
  const ran = await run([process.execPath, "hack/test-vm.ts"], {}, MACHINE_TIMEOUT_MS);
  const closing = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(ran.output);
  const [passed, failed, skipped] = closing ? closing.slice(1).map(Number) : [0, 1, 0];
  report("virtual machine", ran, { passed: passed!, failed: failed!, skipped: skipped! });
}

const args = process.argv.slice(2);
const only = args[0] === "--only" ? args[1] : undefined;
const files = only ? args.slice(2) : args;
mkdirSync(OUT, { recursive: true });
if (only !== "e2e") await run([process.execPath, "hack/build.ts", "--native"]);
if (!only || only === "checks") await checks();
if (!only || only === "unit") await unit();
if (!only || only === "e2e") await endToEnd(files);
if (!only) await virtualMachine();
if (failures.length > 0) console.log(`\nWhat failed, once more:\n\n${failures.join("\n\n")}\n`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
