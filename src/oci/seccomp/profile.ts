/**
 * Seccomp profiles in Docker's format: rules that count only under conditions (capabilities of the container,
 * architecture, kernel version), made into the runtime specification's linux.seccomp for one container.
 */

import { release } from "node:os";
import { invalidArgument, messageOf } from "../../errors/errors.ts";
import { goArchitecture } from "../architecture.ts";
import type { LinuxSeccomp, LinuxSyscall } from "../runtime-spec.ts";

export interface Conditions {
  caps?: string[];
  arches?: string[];
  minKernel?: string;
}

export interface ProfileRule {
  /** `name` is the older form of a single one. */
  names?: string[];
  name?: string;
  action: string;
  errnoRet?: number;
  args?: { index: number; value: number; valueTwo?: number; op: string }[] | null;
  includes?: Conditions;
  excludes?: Conditions;
}

export interface SeccompProfile {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures?: string[];
  archMap?: { architecture: string; subArchitectures: string[] | null }[];
  flags?: string[];
  listenerPath?: string;
  listenerMetadata?: string;
  syscalls: ProfileRule[] | null;
}

/** What the conditions are checked against. */
export interface Circumstances {
  /** The container's bounding set. */
  capabilities: readonly string[];
  /** As Go names it: "amd64". */
  architecture: string;
  /** Of the kernel: [major, minor]. */
  kernel: readonly [number, number];
}

const SECCOMP_ARCH: Record<string, string> = {
  amd64: "SCMP_ARCH_X86_64",
  arm64: "SCMP_ARCH_AARCH64",
  arm: "SCMP_ARCH_ARM",
  s390x: "SCMP_ARCH_S390X",
  ppc64le: "SCMP_ARCH_PPC64LE",
  riscv64: "SCMP_ARCH_RISCV64",
};

/** What a profile may make depend: capabilities, architecture, kernel of this machine. */
export function circumstancesOf(capabilities: readonly string[]): Circumstances {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  return { capabilities, architecture: goArchitecture(), kernel: [major, minor] };
}

/** Reads a profile that a person gives (--security-opt seccomp=...). Errors: invalidArgument. */
export function parseProfile(text: string): SeccompProfile {
  let profile: SeccompProfile;
  try {
    profile = JSON.parse(text) as SeccompProfile;
  } catch (cause) {
    throw invalidArgument(`decoding seccomp profile failed: ${messageOf(cause)}`, { cause });
  }
  if (typeof profile?.defaultAction !== "string") {
    throw invalidArgument("decoding seccomp profile failed: it has no defaultAction");
  }
  if (profile.architectures?.length && profile.archMap?.length) {
    throw invalidArgument(
      "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'",
    );
  }
  return profile;
}

/** linux.seccomp of a container under these circumstances. Errors: invalidArgument. */
export function resolveProfile(profile: SeccompProfile, circumstances: Circumstances): LinuxSeccomp {
  const syscalls: LinuxSyscall[] = [];
  for (const rule of profile.syscalls ?? []) {
    if (rule.name && rule.names?.length) {
      throw invalidArgument(
        "both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'",
      );
    }
    if (!counts(rule, circumstances)) continue;
    const syscall: LinuxSyscall = {
      names: rule.names ?? [rule.name ?? ""],
      action: rule.action as LinuxSyscall["action"],
    };
    if (rule.errnoRet !== undefined) syscall.errnoRet = rule.errnoRet;
    if (rule.args?.length) syscall.args = rule.args as NonNullable<LinuxSyscall["args"]>;
    syscalls.push(syscall);
  }
  const seccomp = {
    defaultAction: profile.defaultAction as LinuxSeccomp["defaultAction"],
    architectures: architecturesOf(profile, circumstances) as NonNullable<LinuxSeccomp["architectures"]>,
    syscalls,
  } as LinuxSeccomp;
  if (profile.defaultErrnoRet !== undefined) seccomp.defaultErrnoRet = profile.defaultErrnoRet;
  if (profile.flags?.length) seccomp.flags = profile.flags as NonNullable<LinuxSeccomp["flags"]>;
  return seccomp;
}

function architecturesOf(profile: SeccompProfile, { architecture }: Circumstances): string[] {
  if (!profile.archMap?.length) return profile.architectures ?? [];
  const native = SECCOMP_ARCH[architecture];
  const entry = profile.archMap.find((candidate) => candidate.architecture === native);
  return entry ? [entry.architecture, ...(entry.subArchitectures ?? [])] : [];
}

function counts({ includes, excludes }: ProfileRule, at: Circumstances): boolean {
  if (excludes?.arches?.includes(at.architecture)) return false;
  if (excludes?.caps?.some((cap) => at.capabilities.includes(cap))) return false;
  if (excludes?.minKernel && kernelAtLeast(at.kernel, excludes.minKernel)) return false;
  if (includes?.arches?.length && !includes.arches.includes(at.architecture)) return false;
  if (includes?.caps?.some((cap) => !at.capabilities.includes(cap))) return false;
  return !includes?.minKernel || kernelAtLeast(at.kernel, includes.minKernel);
}

function kernelAtLeast([major, minor]: readonly [number, number], wanted: string): boolean {
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
