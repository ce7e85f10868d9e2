import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Passes the point three times in a process of its own, and tells how far that came. */
function passThrice(fault: string): { signal: string; passed: string } {
  const source = `import { faultPoint } from "${import.meta.dir}/fault.ts";
    for (let i = 1; i <= 3; i++) { faultPoint("atomic.rename"); require("node:fs").writeSync(1, String(i)); }`;
  const child = Bun.spawnSync([process.execPath, "-e", source], {
    env: { ...process.env, PEQUOD_FAULT: fault },
  });
  return { signal: String(child.signalCode), passed: child.stdout.toString() };
}

test("faultPoint() kills the process at the pass that is wanted, once", () => {
  const folder = mkdtempSync(join(tmpdir(), "fault-"));
  const program = process.execPath.slice(process.execPath.lastIndexOf("/") + 1);
  try {
    const fault = `${program}:atomic.rename:2:${join(folder, "marker")}`;
    expect(passThrice(fault)).toEqual({ signal: "SIGKILL", passed: "1" });
    expect(passThrice(fault).passed).toBe("123");
    expect(passThrice(`${program}:atomic.renamed:1:${join(folder, "other")}`).passed).toBe("123");
    expect(passThrice(`other:atomic.rename:1:${join(folder, "third")}`).passed).toBe("123");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
