import { afterEach, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { unitProperties } from "../../src/linux/systemd/properties.ts";
import { setScopeProperties, startScope, stopScope } from "../../src/linux/systemd/scope.ts";

const name = { slice: "pequod-test.slice", unit: "pequod-one.scope" };
const folder = "/sys/fs/cgroup/pequod.slice/pequod-test.slice/pequod-one.scope";
afterEach(() => stopScope(name.unit));

test("a scope has its process, its limits and takes new ones; stopping it ends the process", async () => {
  const sleeper = Bun.spawn(["sleep", "1000"]);
  const properties = unitProperties({ memory: { limit: 64 << 20 }, pids: { limit: 20 } }, true);
  await startScope({ name, description: "test", pids: [sleeper.pid], properties });
  expect(readFileSync(`${folder}/cgroup.procs`, "utf8")).toBe(`${sleeper.pid}\n`);
  expect(readFileSync(`${folder}/memory.max`, "utf8")).toBe(`${64 << 20}\n`);
  await setScopeProperties(name.unit, unitProperties({ pids: { limit: 30 } }, true));
  expect(readFileSync(`${folder}/pids.max`, "utf8")).toBe("30\n");
  await stopScope(name.unit);
  await sleeper.exited;
  expect(existsSync(folder)).toBe(false);
});
test("stopping a scope that is not there is fine", async () => {
  await stopScope("pequod-nonesuch.scope");
});
test("systemd's refusal names the unit", async () => {
  const refused = startScope({
    name: { ...name, unit: "pequod/bad.scope" },
    description: "",
    pids: [1],
    properties: [],
  });
  await expect(refused).rejects.toThrow("systemd: unit pequod/bad.scope: ");
});
