/**
 * `make test-vm`: the runtime's tests in a virtual machine, where there are cgroup v2, systemd and AppArmor. Ends with
 * "N passed, N failed, N skipped".
 *
 *   bun hack/test-vm.ts [FILE ...]       default: test/vm/*.test.ts and test/runc.test.ts
 */
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { boot } from "./vm/boot.ts";
import { ConsoleReport } from "./vm/console-report.ts";
import { writeDisk } from "./vm/disk.ts";
import { writeInitramfs } from "./vm/initramfs.ts";
import { vmRoot } from "./vm/root.ts";
import { must } from "./vm/run.ts";

const ROOT = resolve(import.meta.dir, "..");
const CACHE = join(ROOT, ".cache/vm");
/** PEQUOD_VM_LIMIT gives a busy machine longer. */
const LIMIT_SECONDS = Number(process.env["PEQUOD_VM_LIMIT"] ?? 14 * 60);

function chosenFiles(args: string[]): string[] {
  if (args.length > 0) return args;
  const own = [...new Bun.Glob("test/vm/*.test.ts").scanSync(ROOT)].sort();
  return [...own, "test/runc.test.ts"].filter((file) => existsSync(join(ROOT, file)));
}

/** Adds up the closing lines of all test runs on the console; a run without one is a failure. */
function count(console: string, files: string[]): { passed: number; failed: number; skipped: number } {
  const sum = (word: string) =>
    [...console.matchAll(new RegExp(`^\\s+(\\d+) ${word}$`, "gm"))].reduce(
      (total, m) => total + Number(m[1]),
      0,
    );
  const ended = [...console.matchAll(/^PEQUOD-VM exit \d+$/gm)].length;
  const closed = [...console.matchAll(/^Ran \d+ tests? across/gm)].length;
  const unfinished = Math.max(files.length - ended, files.length - closed);
  return { passed: sum("pass"), failed: sum("fail") + unfinished, skipped: sum("skip") };
}

const files = chosenFiles(process.argv.slice(2));
mkdirSync(CACHE, { recursive: true });
must([process.execPath, "hack/build.ts", "--flat", ".build/bin"], ROOT);
const root = vmRoot(
  CACHE,
  files.some((file) => file.includes("/long/")),
);
const initramfs = writeInitramfs(root, CACHE);
const disk = writeDisk(root, ROOT, CACHE);
const start = performance.now();
const report = new ConsoleReport((line) => console.log(line));
const console_ = await boot({ root, initramfs, disk, files, limit: LIMIT_SECONDS }, (line) =>
  report.line(line),
);
report.end();
await Bun.write(join(CACHE, "console.log"), console_);
const { passed, failed, skipped } = count(console_, files);
if (failed > 0) console.log(`the whole console: ${join(CACHE, "console.log")}`);
console.log(`virtual machine: ${((performance.now() - start) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
