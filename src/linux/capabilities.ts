/** Capabilities by name and number (linux/capability.h), and which of them this process has. */
import { readSmallFile } from "./fd.ts";

/** The index is the number. */
export const CAPABILITIES = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
] as const;

let numbers: Map<string, number> | undefined;

/** The number of a capability name, or undefined for a name that this table does not have. */
export function capabilityNumber(name: string): number | undefined {
  if (numbers === undefined) {
    numbers = new Map();
    for (let i = 0; i < CAPABILITIES.length; i++) numbers.set(CAPABILITIES[i]!, i);
  }
  return numbers.get(name);
}

/** The bits of those of the names that this table has. */
export function knownMask(names: readonly string[]): bigint {
  let [low, high] = [0, 0];
  for (const name of names) {
    const number = capabilityNumber(name);
    if (number === undefined) continue;
    if (number < 32) low |= 1 << number;
    else high |= 1 << (number - 32);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The names of the bits of a mask, lowest number first; bits without a name are left out. */
export function capabilityNames(mask: bigint): string[] {
  return CAPABILITIES.filter((_, number) => (mask >> BigInt(number)) & 1n);
}

/** The bounding and permitted sets together: what this process can pass on to a container. */
function hostCapabilityMask(): bigint {
  const status = readSmallFile("/proc/self/status");
  const set = (field: string) => BigInt(`0x${new RegExp(`^${field}:\\s*([0-9a-f]+)`, "m").exec(status)![1]}`);
  return set("CapBnd") & set("CapPrm");
}

/** The names of the capabilities that this host process really has, and so can give to a container. */
export function hostCapabilities(): string[] {
  return capabilityNames(hostCapabilityMask());
}
