/** Device rules on cgroup v2: an eBPF program of type cgroup_device, attached to the folder. */
import { systemError } from "../../errors/errors.ts";
import type { LinuxDeviceCgroup } from "../../oci/runtime-spec.ts";
import { errnoName } from "../errno.ts";
import { closeFd, O_RDONLY, openFd } from "../fd.ts";
import { cstring, errno, libc, prepareErrno, ptr } from "../libc.ts";
import { type DeviceRule, deviceRules } from "./devices.ts";

const SYS_BPF = process.arch === "arm64" ? 280 : 321;
const PROG_LOAD = 5;
const PROG_ATTACH = 8;
const TYPE_CGROUP_DEVICE = 15;
const ATTACH_CGROUP_DEVICE = 6;
const ALLOW_MULTI = 2;

const DEVICE_TYPE = { b: 1, c: 2 } as const;
const ACCESS = { m: 1, r: 2, w: 4 } as const;

// Operation codes of eBPF (linux/bpf.h).
const LOAD_WORD = 0x61;
const AND_K = 0x54;
const RSH_K = 0x74;
const MOV_K = 0xb4;
const MOV_X = 0xbc;
const JNE_K = 0x56;
const JNE_X = 0x5e;
const JEQ_K = 0x16;
const EXIT = 0x95;

interface Instruction {
  code: number;
  to: number;
  from: number;
  offset: number;
  value: number;
}

const ins = (code: number, to = 0, from = 0, offset = 0, value = 0): Instruction => ({
  code,
  to,
  from,
  offset,
  value,
});

/** Registers: 2 type, 3 access, 4 major, 5 minor, 1 scratch. */
const PROLOGUE = [
  ins(LOAD_WORD, 2, 1, 0),
  ins(AND_K, 2, 0, 0, 0xffff),
  ins(LOAD_WORD, 3, 1, 0),
  ins(RSH_K, 3, 0, 0, 16),
  ins(LOAD_WORD, 4, 1, 4),
  ins(LOAD_WORD, 5, 1, 8),
];

/** A rule's test and verdict; every failed test jumps behind it. */
function block(rule: DeviceRule): Instruction[] {
  const access = [...rule.access].reduce((sum, letter) => sum | ACCESS[letter as keyof typeof ACCESS], 0);
  const tests: Instruction[] = [];
  if (rule.type !== "a") tests.push(ins(JNE_K, 2, 0, 0, DEVICE_TYPE[rule.type]));
  if (access !== 7) {
    tests.push(ins(MOV_X, 1, 3), ins(AND_K, 1, 0, 0, access));
    // Allowed is what asks for nothing else; denied what asks for any of it.
    tests.push(rule.allow ? ins(JNE_X, 1, 3) : ins(JEQ_K, 1, 0, 0, 0));
  }
  if (rule.major !== undefined) tests.push(ins(JNE_K, 4, 0, 0, rule.major));
  if (rule.minor !== undefined) tests.push(ins(JNE_K, 5, 0, 0, rule.minor));
  const verdict = [ins(MOV_K, 0, 0, 0, rule.allow ? 1 : 0), ins(EXIT)];
  const length = tests.length + verdict.length;
  const isJump = (i: Instruction) => i.code === JNE_K || i.code === JNE_X || i.code === JEQ_K;
  return [...tests.map((test, i) => (isJump(test) ? { ...test, offset: length - i - 1 } : test)), ...verdict];
}

/** The program: the last rule that matches decides, and none means no. */
export function deviceProgram(rules: readonly DeviceRule[]): Uint8Array {
  const body: Instruction[] = [];
  for (const rule of rules.toReversed()) {
    body.push(...block(rule));
    if (rule.text === "a") break; // it always matches: earlier rules cannot be reached
  }
  if (!rules.some((rule) => rule.text === "a")) body.push(ins(MOV_K), ins(EXIT));
  const all = [...PROLOGUE, ...body];
  const view = new DataView(new ArrayBuffer(all.length * 8));
  all.forEach(({ code, to, from, offset, value }, i) => {
    view.setUint8(i * 8, code);
    view.setUint8(i * 8 + 1, to | (from << 4));
    view.setInt16(i * 8 + 2, offset, true);
    view.setInt32(i * 8 + 4, value, true);
  });
  return new Uint8Array(view.buffer);
}

function bpf(command: number, attributes: Uint8Array, what: string): number {
  prepareErrno();
  const { syscall } = libc({ syscall: { args: ["i64", "i64", "ptr", "u64"], returns: "i64" } });
  const result = Number(syscall(SYS_BPF, command, attributes, attributes.length));
  if (result < 0) throw systemError(`linux.resources.devices: ${what}: ${errnoName(errno())}`);
  return result;
}

function loadProgram(program: Uint8Array): number {
  const license = cstring("Apache-2.0");
  const attributes = new DataView(new ArrayBuffer(72));
  attributes.setUint32(0, TYPE_CGROUP_DEVICE, true);
  attributes.setUint32(4, program.length / 8, true);
  attributes.setBigUint64(8, BigInt(ptr(program)), true);
  attributes.setBigUint64(16, BigInt(ptr(license)), true);
  const fd = bpf(PROG_LOAD, new Uint8Array(attributes.buffer), "load the eBPF program");
  // Read by address above.
  if (license.length + program.length === 0) throw systemError("empty eBPF program");
  return fd;
}

/** Attaches a program for the rules to the cgroup's folder. */
export function attachDeviceProgram(folder: string, rules: readonly LinuxDeviceCgroup[]): void {
  const program = loadProgram(deviceProgram(deviceRules(rules)));
  const cgroup = openFd(folder, O_RDONLY);
  try {
    const attributes = new DataView(new ArrayBuffer(72));
    attributes.setUint32(0, cgroup, true);
    attributes.setUint32(4, program, true);
    attributes.setUint32(8, ATTACH_CGROUP_DEVICE, true);
    attributes.setUint32(12, ALLOW_MULTI, true);
    bpf(PROG_ATTACH, new Uint8Array(attributes.buffer), `attach the eBPF program to ${folder}`);
  } finally {
    closeFd(program);
    closeFd(cgroup);
  }
}
