import { readFileSync } from "node:fs";
import { invalidArgument, messageOf } from "../../../errors/errors.ts";

/** By number, capability(7). */
const NAMES = `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE
SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL
SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`
  .split(/\s+/)
  .map((name) => `CAP_${name}`);

/** What a container gets unless told otherwise. */
export const DEFAULT_CAPABILITIES = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_MKNOD",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
];

let host: string[] | undefined;

/** Every capability that the engine itself has, and so can give. */
export function hostCapabilities(): string[] {
  if (host) return host;
  const status = readFileSync("/proc/self/status", "utf8");
  const mask = (name: string) =>
    BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1] ?? "0"}`);
  const both = mask("CapBnd") & mask("CapEff");
  host = NAMES.filter((_name, number) => (both >> BigInt(number)) & 1n);
  return host;
}

/** "net_admin" → "CAP_NET_ADMIN". Errors: invalidArgument for a name that does not exist. */
export function normalizeCapability(text: string): string {
  const upper = text.toUpperCase();
  if (upper === "ALL") return "ALL";
  const name = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  if (!NAMES.includes(name)) throw invalidArgument(`unknown capability: "${name}"`);
  return name;
}

function normalizeAll(field: string, names: readonly string[]): string[] {
  try {
    return names.map(normalizeCapability);
  } catch (cause) {
    throw invalidArgument(`invalid ${field}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * The capabilities of a container. "ALL" and privileged mean: all that the host has.
 * Errors: invalidArgument for an unknown one, or one asked for by name that the host lacks.
 */
export function capabilitiesFor(
  add: readonly string[],
  drop: readonly string[],
  privileged: boolean,
): string[] {
  if (privileged) return hostCapabilities();
  const added = normalizeAll("CapAdd", add);
  const dropped = normalizeAll("CapDrop", drop);
  for (const name of added) {
    if (name !== "ALL" && !hostCapabilities().includes(name)) {
      throw invalidArgument(
        `invalid CapAdd: capability not supported by your kernel or not available in the current environment: "${name}"`,
      );
    }
  }
  if (added.includes("ALL")) return hostCapabilities().filter((name) => !dropped.includes(name));
  if (dropped.includes("ALL")) return [...new Set(added)];
  const kept = DEFAULT_CAPABILITIES.filter(
    (name) => !dropped.includes(name) && hostCapabilities().includes(name),
  );
  return [...new Set([...kept, ...added])];
}
