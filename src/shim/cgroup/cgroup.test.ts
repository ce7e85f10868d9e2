import { expect, test } from "bun:test";
import { toNumber } from "./files.ts";
import { parseCgroups } from "./path.ts";
import { ioEntries } from "./stats-v2.ts";

test("parseCgroups() finds the v1 hierarchies, also where several controllers share one", () => {
  const { v1, v2 } = parseCgroups(
    "9:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n1:name=systemd:/docker/x\n0::/\n",
  );
  expect(v1.get("memory")).toBe("/sys/fs/cgroup/memory/docker/x");
  expect(v1.get("cpuacct")).toBe("/sys/fs/cgroup/cpu,cpuacct/docker/x");
  expect(v2).toBeUndefined();
});

test("parseCgroups() takes the unified hierarchy when it is the only one", () => {
  expect(parseCgroups("0::/system.slice/x\n").v2).toBe("/sys/fs/cgroup/system.slice/x");
});

test("toNumber() reads max as the largest number and nonsense as none", () => {
  expect(["12\n", "max", "x", ""].map(toNumber)).toEqual([12n, 2n ** 64n - 1n, 0n, 0n]);
});

test("ioEntries() reads io.stat", () => {
  const [entry] = ioEntries("8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n");
  expect(entry).toMatchObject({ major: 8n, minor: 0n, rbytes: 1n, wbytes: 2n, rios: 3n, wios: 4n });
});
