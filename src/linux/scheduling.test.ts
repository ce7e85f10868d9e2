import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Nice values of a process's main thread, of its other threads, and of a child. */
const SCRIPT = `
  import { preferThisThread } from ${JSON.stringify(join(import.meta.dir, "scheduling.ts"))};
  import { readdirSync, readFileSync } from "node:fs";
  import { readFile } from "node:fs/promises";
  const nice = (path) => Number(readFileSync(path, "utf8").replace(/^.*\\) /, "").split(" ")[16]);
  preferThisThread({ nice: -5, slice: 1000000n });
  await Promise.all(Array.from({ length: 20 }, () => readFile("/proc/self/stat")));
  const threads = readdirSync("/proc/self/task").filter((id) => id !== String(process.pid));
  const child = Bun.spawnSync(["cat", "/proc/self/stat"]).stdout.toString();
  console.log(JSON.stringify({
    own: nice("/proc/self/stat"),
    threads: [...new Set(threads.map((id) => nice("/proc/self/task/" + id + "/stat")))],
    child: Number(child.replace(/^.*\\) /, "").split(" ")[16]),
  }));
`;
const seen = (...prefix: string[]): unknown => {
  const child = Bun.spawnSync([...prefix, process.execPath, "-e", SCRIPT]);
  if (child.exitCode !== 0) throw new Error(child.stderr.toString());
  return JSON.parse(child.stdout.toString());
};

const CAP_SYS_NICE = 23n;
const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
const allowed = ((BigInt(`0x${capabilities}`) >> CAP_SYS_NICE) & 1n) === 1n;

test.skipIf(!allowed)("preferThisThread() puts this thread before others, and nothing that it starts", () =>
  expect(seen()).toEqual({ own: -5, threads: [0], child: 0 }),
);

test("preferThisThread() leaves a process alone that has a priority, or may not have one", () => {
  expect(seen("nice", "-n", "3")).toEqual({ own: 3, threads: [3], child: 3 });
  if (!allowed) return;
  const { own } = seen("setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice") as { own: number };
  expect(own).toBe(0);
});
