import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findResctrl, resctrlAt } from "../linux/resctrl.ts";
import { openResctrl } from "./compile/container.ts";
import { checkRdt, createRdtGroup, rdtGroupOf, removeRdtGroup, updateRdtGroup } from "./intel-rdt.ts";

/** A folder as the kernel shows it, where no file appears by itself in a new group. */
let root: string;
let fake: ReturnType<typeof resctrlAt>;

beforeAll(() => {
  root = mkdtempSync("/tmp/pequod-resctrl-");
});
beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  for (const name of ["info/L3", "info/MB", "given/mon_groups"])
    mkdirSync(join(root, name), { recursive: true });
  for (const name of ["tasks", "schemata"]) writeFileSync(join(root, "given", name), "");
  writeFileSync(join(root, "info/last_cmd_status"), "mask f0 has non-consecutive 1-bits\n");
  fake = resctrlAt(root);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("findResctrl() finds the mount, wherever it is", () => {
  const cgroups = "30 24 0:27 / /sys/fs/cgroup rw - tmpfs tmpfs rw";
  const line = `31 24 0:28 / ${root} rw,nosuid shared:9 - resctrl resctrl rw`;
  expect(findResctrl(`${cgroups}\n${line}\n`)).toEqual({ root, cache: true, bandwidth: true });
  expect(findResctrl(`${cgroups}\n`)).toBeUndefined();
});

test("without the file system, or a part of it, the error is runc's", () => {
  expect(() => checkRdt({}, undefined)).toThrow(
    "intelRdt is specified in config, but Intel RDT is not enabled",
  );
  rmSync(join(root, "info/L3"), { recursive: true });
  rmSync(join(root, "info/MB"), { recursive: true });
  const none = resctrlAt(root);
  expect(() => checkRdt({ l3CacheSchema: "L3:0=f" }, none)).toThrow("Intel RDT/CAT is not enabled");
  expect(() => checkRdt({ memBwSchema: "MB:0=20" }, none)).toThrow("Intel RDT/MBA is not enabled");
  for (const closID of [".", "..", "a/b", "../x"])
    expect(() => checkRdt({ closID }, none)).toThrow(`invalid intelRdt.ClosID "${closID}"`);
});

test("the group is the container's, or the one that closID names", () => {
  expect(rdtGroupOf("c1", {}, fake)).toEqual({ path: `${root}/c1` });
  expect(rdtGroupOf("c1", { closID: "/" }, fake)).toEqual({ path: root });
  expect(rdtGroupOf("c1", { closID: "given", enableMonitoring: true }, fake)).toEqual({
    path: `${root}/given`,
    monitoring: `${root}/given/mon_groups/c1`,
  });
});

test("a plan enters the group before its monitoring group", () => {
  const group = rdtGroupOf("c1", { closID: "given", enableMonitoring: true }, fake);
  const ops = openResctrl(group, "linux.intelRdt");
  // The last one that is opened is the first one that is entered.
  expect(ops.map((op) => op.op === "openCgroup" && [op.version, op.folder])).toEqual([
    [1, `${root}/given/mon_groups/c1`],
    [1, `${root}/given`],
  ]);
});

test("a container's own group goes with it", () => {
  const group = createRdtGroup("c1", {}, fake);
  expect([existsSync(group.path), group.created]).toEqual([true, true]);
  removeRdtGroup(group);
  expect(existsSync(group.path)).toBe(false);
});

test("a group by closID gets the schemata and stays, its monitoring group goes", () => {
  const config = {
    closID: "given",
    l3CacheSchema: "L3:0=ff",
    memBwSchema: "MB:0=20",
    schemata: ["L2:0=f"],
    enableMonitoring: true,
  };
  const group = createRdtGroup("c1", config, fake);
  expect(readFileSync(join(root, "given/schemata"), "utf8")).toBe("L3:0=ff\nMB:0=20\nL2:0=f\n");
  expect(existsSync(join(root, "given/mon_groups/c1"))).toBe(true);
  removeRdtGroup(group);
  expect(existsSync(join(root, "given/mon_groups/c1"))).toBe(false);
  expect(existsSync(join(root, "given"))).toBe(true);
});

test("update writes the new schemata", () => {
  updateRdtGroup({ path: `${root}/given` }, { l3CacheSchema: "L3:0=1" }, fake);
  expect(readFileSync(join(root, "given/schemata"), "utf8")).toBe("L3:0=1\n");
});

test("a closID without shares must be there already", () => {
  expect(() => createRdtGroup("c1", { closID: "absent" }, fake)).toThrow("must be pre-created");
  expect(existsSync(join(root, "absent"))).toBe(false);
});

test("shares that the kernel refuses are told with its reason, and no group is left", () => {
  // The kernel would have made schemata in the new group; that it is missing is the refusal here.
  for (const config of [{ l3CacheSchema: "L3:0=f0f" }, { closID: "new", l3CacheSchema: "L3:0=f0f" }]) {
    expect(() => createRdtGroup("c1", config, fake)).toThrow(
      "last_cmd_status: mask f0 has non-consecutive 1-bits",
    );
    expect(existsSync(join(root, config.closID ?? "c1"))).toBe(false);
  }
});
