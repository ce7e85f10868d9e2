/**
 * Calls that are newer than a profile fail with ENOSYS instead of the profile's errno: C libraries then use
 * the older call, where EPERM would make them give up.
 */
import type { LinuxSeccomp } from "../../oci/runtime-spec.ts";

const BPF_LD_W_ABS = 0x20;
const BPF_JEQ_K = 0x15;
const BPF_JGT_K = 0x25;
const BPF_JGE_K = 0x35;
const BPF_RET_K = 0x06;
const OFFSET_NUMBER = 0;
const OFFSET_ARCHITECTURE = 4;
const RETURN_ENOSYS = 0x00050000 | 38;
const X32_BIT = 0x40000000;

const AUDIT_ARCH: Readonly<Record<string, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };

interface Instruction {
  code: number;
  jt: number;
  jf: number;
  k: number;
}

function assemble(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  instructions.forEach(({ code, jt, jf, k }, i) => {
    view.setUint16(i * 8, code, true);
    view.setUint8(i * 8 + 2, jt);
    view.setUint8(i * 8 + 3, jf);
    view.setUint32(i * 8 + 4, k >>> 0, true);
  });
  return bytes;
}

/** The program with such a check before it, where the profile's default is an errno that it does not name itself. */
export function withUnknownAsMissing(
  program: Uint8Array,
  profile: LinuxSeccomp,
  highest: number,
): Uint8Array {
  const architecture = AUDIT_ARCH[process.arch];
  const applies = profile.defaultAction === "SCMP_ACT_ERRNO" && profile.defaultErrnoRet === undefined;
  if (!applies || architecture === undefined || highest === 0) return program;
  const check = assemble([
    { code: BPF_LD_W_ABS, jt: 0, jf: 0, k: OFFSET_ARCHITECTURE },
    { code: BPF_JEQ_K, jt: 0, jf: 4, k: architecture },
    { code: BPF_LD_W_ABS, jt: 0, jf: 0, k: OFFSET_NUMBER },
    { code: BPF_JGE_K, jt: 2, jf: 0, k: X32_BIT },
    { code: BPF_JGT_K, jt: 0, jf: 1, k: highest },
    { code: BPF_RET_K, jt: 0, jf: 0, k: RETURN_ENOSYS },
  ]);
  return Buffer.concat([check, program]);
}
