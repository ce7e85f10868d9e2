import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fault-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const program = process.execPath.slice(process.execPath.lastIndexOf("/") + 1);

/** Passes the point for three files in a process of its own, and tells how far that came. */
function passThrice(fault: string): { signal: string; passed: string } {
  const file = join(folder, "fault");
  writeFileSync(file, fault);
  const source = `import { faultPoint } from "${import.meta.dir}/fault.ts";
    for (let i = 1; i <= 3; i++) { faultPoint("atomic.rename", "/x/" + i); require("node:fs").writeSync(1, String(i)); }`;
  const child = Bun.spawnSync([process.execPath, "-e", source], {
    env: { ...process.env, PEQUOD_FAULT: file },
  });
  return { signal: String(child.signalCode), passed: child.stdout.toString() };
}

test("faultPoint() kills the process at the pass that is wanted, once", () => {
  const fault = `${program}:atomic.rename:2:${join(folder, "marker")}`;
  expect(passThrice(fault)).toEqual({ signal: "SIGKILL", passed: "1" });
  expect(passThrice(fault).passed).toBe("123");
  expect(passThrice(`${program}:atomic.renamed:1:${join(folder, "other")}`).passed).toBe("123");
  expect(passThrice(`other:atomic.rename:1:${join(folder, "third")}`).passed).toBe("123");
});

test("faultPoint() counts the passes of the file that is wanted only", () => {
  expect(passThrice(`${program}:atomic.rename@x/3:1:${join(folder, "marker")}`).passed).toBe("12");
  expect(passThrice(`${program}:atomic.rename@y/:1:${join(folder, "marker")}`).passed).toBe("123");
});
