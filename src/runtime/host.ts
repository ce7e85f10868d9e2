/** Facts about this host that plans depend on. */
import { CAPABILITIES } from "../linux/capabilities.ts";
import { readSmallFile } from "../linux/fd.ts";

/** The highest number of a capability: all of the table, as Linux 5.12, without which nothing works here, knows them all. */
export const lastCapability = (): number => CAPABILITIES.length - 1;

/** Capabilities that the kernel knows, as a mask. */
export const knownCapabilities = (): bigint => (1n << BigInt(lastCapability() + 1)) - 1n;

/** Whether AppArmor is on. */
export function appArmorEnabled(): boolean {
  try {
    return readSmallFile("/sys/module/apparmor/parameters/enabled").startsWith("Y");
  } catch {
    return false;
  }
}

/** Whether SELinux is on, with a policy: without one every process is in the domain "kernel". */
export function selinuxEnabled(): boolean {
  try {
    if (!readSmallFile("/proc/self/mountinfo").includes(" - selinuxfs ")) return false;
    return readSmallFile("/proc/self/attr/current").replace(/\0.*$/, "") !== "kernel";
  } catch {
    return false;
  }
}

/** Whether we lack root's rights over the host: another user, or root of a user namespace. */
export function isRootless(): boolean {
  if ((process.geteuid?.() ?? 0) !== 0) return true;
  const [inside, outside, size] = readSmallFile("/proc/self/uid_map").trim().split(/\s+/).map(Number);
  return !(inside === 0 && outside === 0 && (size ?? 0) >= 2 ** 32 - 1);
}
