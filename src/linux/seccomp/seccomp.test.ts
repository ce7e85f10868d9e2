import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import type { LinuxSeccomp } from "../../oci/runtime-spec.ts";
import { cachedSeccomp, seccompDigest } from "./cache.ts";
import { compileSeccomp } from "./compile.ts";

const ARCH = process.arch === "arm64" ? 0xc00000b7 : 0xc000003e;
const MKDIRAT = process.arch === "arm64" ? 34 : 258;
const KILL = process.arch === "arm64" ? 129 : 62;
const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;
const ENOSYS = 38;
const EPERM = 1;

/** Runs a filter as the kernel would, on struct seccomp_data. */
function verdict(program: Uint8Array, call: number, args: number[] = [], arch = ARCH): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call, true);
  data.setUint32(4, arch, true);
  for (const [i, value] of args.entries()) data.setBigUint64(16 + i * 8, BigInt(value), true);
  const view = new DataView(program.buffer, program.byteOffset, program.length);
  let accumulator = 0;
  for (let at = 0; at < program.length; at += 8) {
    const code = view.getUint16(at, true);
    const k = view.getUint32(at + 4, true);
    const jump = (taken: boolean) => {
      at += view.getUint8(at + (taken ? 2 : 3)) * 8;
    };
    if (code === 0x20) accumulator = data.getUint32(k, true);
    else if (code === 0x15) jump(accumulator === k);
    else if (code === 0x25) jump(accumulator > k);
    else if (code === 0x35) jump(accumulator >= k);
    else if (code === 0x05) at += k * 8;
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x06) return k;
    else throw new Error(`instruction ${code.toString(16)}`);
  }
  throw new Error("the filter has no end");
}

const profile = (change: Partial<LinuxSeccomp> = {}): LinuxSeccomp => ({
  defaultAction: "SCMP_ACT_ALLOW",
  syscalls: [{ names: ["mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }],
  ...change,
});

describe("compileSeccomp()", () => {
  test("gives each call its action", () => {
    const program = compileSeccomp(profile());
    expect([verdict(program, MKDIRAT), verdict(program, KILL)]).toEqual([ERRNO | 28, ALLOW]);
  });
  test("looks at arguments: all must hold, but two on one argument are alternatives", () => {
    const rule = (
      args: LinuxSeccomp["syscalls"] extends (infer R)[] | undefined
        ? R extends { args?: infer A }
          ? A
          : never
        : never,
    ) =>
      compileSeccomp(
        profile({ syscalls: [{ names: ["kill"], action: "SCMP_ACT_ERRNO", ...(args ? { args } : {}) }] }),
      );
    const both = rule([
      { index: 0, value: 1, op: "SCMP_CMP_EQ" },
      { index: 1, value: 9, op: "SCMP_CMP_EQ" },
    ]);
    expect([verdict(both, KILL, [1, 9]), verdict(both, KILL, [1, 8])]).toEqual([ERRNO | EPERM, ALLOW]);
    const either = rule([
      { index: 1, value: 9, op: "SCMP_CMP_EQ" },
      { index: 1, value: 15, op: "SCMP_CMP_EQ" },
    ]);
    expect([9, 15, 1].map((signal) => verdict(either, KILL, [1, signal]))).toEqual([
      ERRNO | EPERM,
      ERRNO | EPERM,
      ALLOW,
    ]);
  });
  test("answers ENOSYS to calls newer than the profile, the default to older ones that it leaves out", () => {
    const program = compileSeccomp({
      defaultAction: "SCMP_ACT_ERRNO",
      syscalls: [{ names: ["kill", "faccessat2"], action: "SCMP_ACT_ALLOW" }],
    });
    expect(verdict(program, KILL)).toBe(ALLOW);
    expect(verdict(program, MKDIRAT)).toBe(ERRNO | EPERM);
    expect(verdict(program, 1000)).toBe(ERRNO | ENOSYS);
  });
  test("names the place of what it does not understand", () => {
    const refused = (change: Partial<LinuxSeccomp>) => () => compileSeccomp(profile(change));
    expect(refused({ defaultAction: "SCMP_ACT_X" })).toThrow("linux.seccomp.defaultAction: unknown action");
    expect(refused({ architectures: ["SCMP_ARCH_X"] })).toThrow("linux.seccomp.architectures[0]");
    const args = [{ index: 0, value: 1, op: "SCMP_CMP_X" }];
    expect(refused({ syscalls: [{ names: ["kill"], action: "SCMP_ACT_ERRNO", args }] })).toThrow(
      "linux.seccomp.syscalls[0].args[0]: unknown operator",
    );
  });
  test("skips calls that this machine does not know", () => {
    expect(() =>
      compileSeccomp(profile({ syscalls: [{ names: ["no_such_call"], action: "SCMP_ACT_ERRNO" }] })),
    ).not.toThrow();
  });
});

describe("cachedSeccomp()", () => {
  const folder = mkdtempSync("/tmp/seccomp-");
  afterAll(() => rmSync(folder, { recursive: true }));

  const cached = (one: LinuxSeccomp) =>
    cachedSeccomp(() => one, folder, seccompDigest(one, JSON.stringify(one)));

  test("compiles once for each set of rules, whatever the listener is; a damaged entry is made anew", async () => {
    const first = await cached(profile());
    await cached(profile({ listenerPath: "/a" }));
    expect(readdirSync(folder)).toHaveLength(1);
    await cached(profile({ defaultAction: "SCMP_ACT_LOG" }));
    expect(readdirSync(folder)).toHaveLength(2);
    for (const name of readdirSync(folder)) writeFileSync(`${folder}/${name}`, "torn");
    expect(await cached(profile())).toEqual(first);
  });
});
