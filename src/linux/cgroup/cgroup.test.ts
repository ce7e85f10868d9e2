import { describe, expect, test } from "bun:test";
import { locateCgroup } from "./cgroup.ts";
import { deviceProgram } from "./device-program.ts";
import { deviceRules } from "./devices.ts";
import { parseLayout } from "./layout.ts";
import { v1Writes } from "./limits-v1.ts";

const V1_LINES = `25 24 0:22 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
26 25 0:23 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
27 25 0:24 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd`;
const V2_LINE = "28 25 0:25 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";

describe("parseLayout()", () => {
  test("tells v1, hybrid and v2 apart", () => {
    const mode = (text: string) => parseLayout(text, () => ["memory"]).mode;
    expect([mode(V1_LINES), mode(`${V1_LINES}\n${V2_LINE}`), mode(V2_LINE)]).toEqual(["v1", "hybrid", "v2"]);
  });
  test("reads controllers and mount points", () => {
    expect(parseLayout(V1_LINES, () => []).hierarchies).toEqual([
      { version: 1, controllers: ["cpu", "cpuacct"], mountpoint: "/sys/fs/cgroup/cpu,cpuacct", root: "/" },
      { version: 1, controllers: ["name=systemd"], mountpoint: "/sys/fs/cgroup/systemd", root: "/" },
    ]);
  });
});

test("locateCgroup() puts an absolute path below each mount point, and refuses to climb", () => {
  const layout = parseLayout(`${V1_LINES}\n${V2_LINE}`, () => []);
  expect(locateCgroup("/docker//box/", layout).map(({ path }) => path)).toEqual([
    "/sys/fs/cgroup/cpu,cpuacct/docker/box",
    "/sys/fs/cgroup/systemd/docker/box",
    "/sys/fs/cgroup/unified/docker/box",
  ]);
  expect(() => locateCgroup("/docker/../../x", layout)).toThrow('".."');
  for (const root of ["//", "/.", "/./"]) expect(() => locateCgroup(root, layout)).toThrow("is the root");
});

describe("v1Writes()", () => {
  const texts = (writes: ReturnType<typeof v1Writes>) => writes.map((w) => `${w.file}=${w.text}`);
  test("sets memory before swap, but swap first when both grow", () => {
    const memory = { limit: 200, swap: 400 };
    expect(texts(v1Writes({ memory }, { devices: false, currentMemoryLimit: () => 1000 }))).toEqual([
      "memory.limit_in_bytes=200",
      "memory.memsw.limit_in_bytes=400",
    ]);
    expect(texts(v1Writes({ memory }, { devices: false, currentMemoryLimit: () => 100 }))).toEqual([
      "memory.memsw.limit_in_bytes=400",
      "memory.limit_in_bytes=200",
    ]);
  });
  test("names the member of config.json of each write, and leaves out what is not set", () => {
    const resources = {
      memory: {},
      cpu: { shares: 0, quota: -1, cpus: "0-1" },
      pids: { limit: -1 },
      blockIO: { throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 5 }] },
      hugepageLimits: [{ pageSize: "2MB", limit: 9 }],
    };
    expect(v1Writes(resources, { devices: false }).map((w) => `${w.tag}: ${w.file}=${w.text}`)).toEqual([
      "cpu.quota: cpu.cfs_quota_us=-1",
      "cpu.cpus: cpuset.cpus=0-1",
      "pids.limit: pids.max=max",
      "blockIO.throttleReadBpsDevice: blkio.throttle.read_bps_device=8:0 5",
      "hugepageLimits: hugetlb.2MB.limit_in_bytes=9",
    ]);
  });
});

const DENY_ALL = { allow: false, access: "rwm" };
const FUSE = { allow: true, type: "c", major: 10, minor: 229, access: "rw" };

describe("deviceRules()", () => {
  test("denies first, then what is asked for, then what every container may use", () => {
    const texts = deviceRules([DENY_ALL, FUSE]).map((rule) => `${rule.allow ? "+" : "-"} ${rule.text}`);
    expect(texts.slice(0, 2)).toEqual(["- a", "+ c 10:229 rw"]);
    expect(texts).toContain("+ c 1:3 rwm");
    expect(texts).toContain("+ c *:* m");
  });
  test("everything allowed is one rule", () => {
    expect(deviceRules([DENY_ALL, { allow: true, access: "rwm" }]).map(({ text }) => text)).toEqual(["a"]);
  });
});

/** Runs a cgroup_device program as the kernel would: the few instructions that it is made of. */
function verdict(program: Uint8Array, type: number, access: number, major: number, minor: number): number {
  const view = new DataView(program.buffer, program.byteOffset, program.length);
  const context = [type | (access << 16), major, minor];
  const registers = new Array<number>(10).fill(0);
  for (let at = 0; at < program.length; at += 8) {
    const code = view.getUint8(at);
    const to = view.getUint8(at + 1) & 15;
    const from = view.getUint8(at + 1) >> 4;
    const offset = view.getInt16(at + 2, true);
    const value = view.getInt32(at + 4, true);
    if (code === 0x61) registers[to] = context[offset / 4]!;
    else if (code === 0x54) registers[to]! &= value;
    else if (code === 0x74) registers[to]! >>>= value;
    else if (code === 0xb4) registers[to] = value;
    else if (code === 0xbc) registers[to] = registers[from]!;
    else if (code === 0x56 && registers[to] !== value) at += offset * 8;
    else if (code === 0x5e && registers[to] !== registers[from]) at += offset * 8;
    else if (code === 0x16 && registers[to] === value) at += offset * 8;
    else if (code === 0x95) return registers[0]!;
  }
  throw new Error("the program has no end");
}

describe("deviceProgram()", () => {
  const [BLOCK, CHAR] = [1, 2];
  const [MKNOD, READ, WRITE] = [1, 2, 4];
  test("decides as the rules say", () => {
    const program = deviceProgram(deviceRules([DENY_ALL, FUSE]));
    expect(verdict(program, CHAR, READ | WRITE, 1, 3)).toBe(1);
    expect(verdict(program, CHAR, READ, 10, 229)).toBe(1);
    expect(verdict(program, CHAR, READ | WRITE, 10, 229)).toBe(1);
    expect(verdict(program, CHAR, READ, 10, 228)).toBe(0);
    expect(verdict(program, CHAR, READ, 1, 11)).toBe(0);
    expect(verdict(program, BLOCK, MKNOD, 8, 0)).toBe(1);
    expect(verdict(program, BLOCK, READ, 8, 0)).toBe(0);
  });
  test("a later rule takes back what an earlier one allowed", () => {
    const all = { allow: true, access: "rwm" };
    const program = deviceProgram(deviceRules([all, { ...FUSE, allow: false, access: "w" }]));
    expect(verdict(program, CHAR, READ, 10, 229)).toBe(1);
    expect(verdict(program, CHAR, READ | WRITE, 10, 229)).toBe(0);
    expect(verdict(program, BLOCK, WRITE, 8, 0)).toBe(1);
  });
});
