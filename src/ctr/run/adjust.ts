/** What flags change of an ordinary container's specification. */

import { readFileSync, statSync } from "node:fs";
import { invalidArgument } from "../../errors/errors.ts";
import { hostCapabilities } from "../../linux/capabilities.ts";
import { ensureProfile } from "../../oci/apparmor/load.ts";
import type { LinuxDevice, LinuxSeccomp, Spec } from "../../oci/runtime-spec.ts";
import { seccompFor } from "../../oci/seccomp/select.ts";
import { parseLabels } from "../labels.ts";
import type { ContainerFlags } from "./container.ts";
import { gpuHook } from "./gpus.ts";
import { mappingsOf } from "./remap.ts";
import { DEFAULT_CAPABILITIES } from "./spec.ts";

/** Errors: invalidArgument for what is no capability. */
export function capabilitiesOf(flags: ContainerFlags): string[] {
  const known = hostCapabilities();
  const given = [...(flags["cap-add"] ?? []), ...(flags["cap-drop"] ?? [])];
  const odd = given.find((name) => !known.includes(name));
  if (odd !== undefined)
    throw invalidArgument(`capability ${JSON.stringify(odd)}: want one such as CAP_KILL`);
  const base = flags.privileged ? known : DEFAULT_CAPABILITIES;
  const dropped = flags["cap-drop"] ?? [];
  return [...new Set([...base, ...(flags["cap-add"] ?? [])])].filter((name) => !dropped.includes(name));
}

/** Returns the specification with what the flags say. Errors: invalidArgument. */
export function adjustSpec(spec: Spec, flags: ContainerFlags): Spec {
  const { linux = {}, process } = spec;
  const annotations = flags.annotation ? { annotations: parseLabels(flags.annotation) } : {};
  const seccomp = seccompOf(flags);
  const devices = (flags.device ?? []).map(deviceOf);
  const mappings = mappingsOf(flags);
  const own = mappings ? [{ type: "user" as const }] : [];
  const propagation = flags["rootfs-propagation"];
  const apparmor = apparmorOf(flags);
  const rdt = flags["rdt-class"];
  const gpus = flags.gpus ? { hooks: { prestart: [gpuHook(flags.gpus)] } } : {};
  return {
    ...spec,
    ...annotations,
    ...gpus,
    process: {
      ...process!,
      ...(flags["allow-new-privs"] ? { noNewPrivileges: false } : {}),
      ...(apparmor ? { apparmorProfile: apparmor } : {}),
    },
    linux: {
      ...linux,
      namespaces: joined([...(linux.namespaces ?? []), ...own], flags["with-ns"] ?? []),
      ...(mappings ? { uidMappings: [mappings.uid], gidMappings: [mappings.gid] } : {}),
      ...(flags.cgroup === undefined ? {} : { cgroupsPath: flags.cgroup }),
      ...(propagation === undefined ? {} : { rootfsPropagation: propagation }),
      ...(seccomp ? { seccomp } : {}),
      ...(rdt ? { intelRdt: { closID: rdt } } : {}),
      devices: [...(linux.devices ?? []), ...devices],
      resources: {
        ...linux.resources,
        devices: [...(linux.resources?.devices ?? []), ...devices.map(allowed)],
        ...cpuOf(flags),
      },
    },
  };
}

/** Docker's default profile is loaded, if there is none of that name. Errors: notFound, system, invalidArgument. */
function apparmorOf(flags: ContainerFlags): string | undefined {
  const [own, ofDefault] = [flags["apparmor-profile"], flags["apparmor-default-profile"]];
  if (ofDefault && own) throw invalidArgument("apparmor-profile conflicts with apparmor-default-profile");
  if (ofDefault) ensureProfile(ofDefault);
  return ofDefault || own;
}

type Namespaces = NonNullable<NonNullable<Spec["linux"]>["namespaces"]>;

/** "network:/run/netns/x" takes the place of the container's own. */
function joined(own: Namespaces, given: string[]): Namespaces {
  const others = given.map((text) => {
    const mark = text.indexOf(":");
    const type = text.slice(0, mark) as Namespaces[number]["type"];
    if (mark < 1) throw invalidArgument(`--with-ns ${JSON.stringify(text)}: want TYPE:PATH`);
    return { type, path: text.slice(mark + 1) };
  });
  return [...own.filter(({ type }) => !others.some((other) => other.type === type)), ...others];
}

const PERIOD_US = 100_000;

function cpuOf(flags: ContainerFlags) {
  const cpus = flags.cpus === undefined ? undefined : Number(flags.cpus);
  if (cpus !== undefined && !(cpus > 0)) throw invalidArgument(`--cpus ${flags.cpus}: want a number above 0`);
  if (cpus !== undefined && (flags["cpu-quota"] ?? flags["cpu-period"]) !== undefined)
    throw invalidArgument("cpus and quota/period should be used separately");
  const quota = cpus === undefined ? flags["cpu-quota"] : Math.round(cpus * PERIOD_US);
  const period = cpus === undefined ? flags["cpu-period"] : PERIOD_US;
  const shares = flags["cpu-shares"];
  if (quota === undefined && period === undefined && shares === undefined) return {};
  return {
    cpu: {
      ...(shares === undefined ? {} : { shares }),
      ...(quota === undefined ? {} : { quota }),
      ...(period === undefined ? {} : { period }),
    },
  };
}

function seccompOf(flags: ContainerFlags): LinuxSeccomp | undefined {
  const profile = flags["seccomp-profile"];
  if (!flags.seccomp) {
    if (profile !== undefined)
      throw invalidArgument("seccomp must be set to true, if using a custom seccomp-profile");
    return undefined;
  }
  if (profile === undefined) return seccompFor("", undefined, capabilitiesOf(flags));
  return JSON.parse(readFileSync(profile, "utf8")) as LinuxSeccomp;
}

/** As glibc's makedev(3) puts them together. */
const major = (device: number) => Number((BigInt(device) >> 8n) & 0xfffn);
const minor = (device: number) => Number((BigInt(device) & 0xffn) | ((BigInt(device) >> 12n) & 0xfff00n));

function deviceOf(path: string): LinuxDevice {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status?.isCharacterDevice() && !status?.isBlockDevice())
    throw invalidArgument(`--device ${path}: not a device node`);
  const type = status.isBlockDevice() ? "b" : "c";
  const { rdev, mode, uid, gid } = status;
  return { path, type, major: major(rdev), minor: minor(rdev), fileMode: mode & 0o777, uid, gid };
}

const allowed = ({ type, major, minor }: LinuxDevice) => ({
  ...{ allow: true, type, major, minor },
  access: "rwm",
});
