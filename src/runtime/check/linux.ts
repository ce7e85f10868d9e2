/** linux: namespaces, devices, seccomp and the rest. */

import { deviceRules } from "../../linux/cgroup/devices.ts";
import { NAMESPACES } from "../../linux/namespaces.ts";
import { pathExists } from "../../linux/path-exists.ts";
import type { Linux, Spec } from "../../oci/runtime-spec.ts";
import { rootPropagation } from "../compile/container.ts";
import { compileDevices } from "../compile/devices.ts";
import { memoryPolicyOps } from "../compile/memory-policy.ts";
import { compileNamespaces } from "../compile/namespaces.ts";
import { netDeviceOps } from "../compile/net-devices.ts";
import { personalityOps } from "../compile/personality.ts";
import { compileSysctls } from "../compile/sysctl.ts";
import { pointerOf, type Report } from "./problem.ts";

function checkNamespaces(report: Report, spec: Spec, linux: Linux): void {
  const namespaces = linux.namespaces ?? [];
  namespaces.forEach(({ type, path }, i) => {
    const pointer = pointerOf("linux", "namespaces", i);
    if (!Object.hasOwn(NAMESPACES, type))
      report.add(
        `${pointer}/type`,
        `unknown namespace type ${JSON.stringify(type)}`,
        `use one of ${Object.keys(NAMESPACES).join(", ")}`,
      );
    if (namespaces.findIndex((other) => other.type === type) !== i)
      report.add(pointer, `namespace ${type} is given twice`, "remove one of them");
    if (path && !pathExists(path))
      report.add(
        `${pointer}/path`,
        `${path} does not exist`,
        "name a namespace that is there, or remove the path for a new one",
      );
  });
  const types = new Set(namespaces.map(({ type }) => type));
  if (!types.has("mount") && (linux.maskedPaths?.length || linux.readonlyPaths?.length))
    report.add(
      "/linux/namespaces",
      "maskedPaths and readonlyPaths need a mount namespace, and there is none",
      'add { "type": "mount" }, or remove those paths',
    );
  for (const name of ["hostname", "domainname"] as const)
    if (spec[name] && !types.has("uts"))
      report.add(
        `/${name}`,
        "would be set for the host",
        'add { "type": "uts" } to /linux/namespaces, or remove it',
      );
  const own = namespaces.some(({ type, path }) => type === "user" && !path);
  for (const kind of ["uidMappings", "gidMappings"] as const) {
    if (own && !linux[kind]?.length)
      report.add(
        `/linux/${kind}`,
        "a new user namespace needs at least one",
        'map root, as in [{ "containerID": 0, "hostID": 100000, "size": 65536 }]',
      );
    if (!types.has("user") && linux[kind]?.length)
      report.add(
        `/linux/${kind}`,
        "has no effect without a user namespace",
        'add { "type": "user" } to /linux/namespaces, or remove it',
      );
  }
  report.attempt("/linux/timeOffsets", 'add { "type": "time" } to /linux/namespaces, or remove them', () => {
    const valid = namespaces.filter(
      ({ type }, i) => Object.hasOwn(NAMESPACES, type) && namespaces.findIndex((o) => o.type === type) === i,
    );
    compileNamespaces({ ...spec, linux: { ...linux, namespaces: valid } }, false);
  });
}

function checkEach(report: Report, spec: Spec, linux: Linux): void {
  (linux.devices ?? []).forEach((device, i) => {
    report.attempt(pointerOf("linux", "devices", i), "use type c, b, u or p", () =>
      compileDevices({ ...spec, mounts: [], linux: { ...linux, devices: [device] } }, true, false),
    );
  });
  (linux.resources?.devices ?? []).forEach((rule, i) => {
    report.attempt(
      pointerOf("linux", "resources", "devices", i),
      "use type a, b or c and access of r, w and m",
      () => deviceRules([rule]),
    );
  });
  for (const [key, value] of Object.entries(linux.sysctl ?? {}))
    report.attempt(
      pointerOf("linux", "sysctl", key),
      "remove it, or add the namespace that keeps it from the host",
      () => compileSysctls({ ...spec, linux: { ...linux, sysctl: { [key]: value } } }),
    );
  for (const kind of ["maskedPaths", "readonlyPaths"] as const)
    (linux[kind] ?? []).forEach((path, i) => {
      if (!path.startsWith("/"))
        report.add(
          pointerOf("linux", kind, i),
          `${JSON.stringify(path)} is not an absolute path`,
          `write ${JSON.stringify(`/${path}`)}`,
        );
    });
}

async function checkSeccomp(report: Report, linux: Linux): Promise<void> {
  if (!linux.seccomp) return;
  const { compileSeccomp } = await import("../../linux/seccomp/compile.ts");
  const { syscalls = [], ...rest } = linux.seccomp;
  report.attempt("/linux/seccomp", "see the names in docker-runc features", () => compileSeccomp(rest));
  syscalls.forEach((rule, i) => {
    report.attempt(
      pointerOf("linux", "seccomp", "syscalls", i),
      "see the names in docker-runc features",
      () => compileSeccomp({ ...rest, syscalls: [rule] }),
    );
  });
  if (syscalls.some(({ action }) => action === "SCMP_ACT_NOTIFY") && !rest.listenerPath)
    report.add(
      "/linux/seccomp/listenerPath",
      "is missing, and SCMP_ACT_NOTIFY needs it",
      "name the socket of the agent",
    );
}

/** Adds the problems of linux. */
export async function checkLinux(report: Report, spec: Spec): Promise<void> {
  const { linux } = spec;
  if (!linux) {
    report.add("/linux", "is missing", 'add at least { "namespaces": [{ "type": "mount" }] }');
    return;
  }
  checkNamespaces(report, spec, linux);
  checkEach(report, spec, linux);
  await checkSeccomp(report, linux);
  report.attempt("/linux/rootfsPropagation", "use shared, slave, private or unbindable", () =>
    rootPropagation(spec),
  );
  report.attempt("/linux/personality", "use LINUX or LINUX32 without flags", () => personalityOps(spec));
  report.attempt("/linux/memoryPolicy", "see the names in docker-runc features", () => memoryPolicyOps(spec));
  report.attempt("/linux/netDevices", "name devices as ip link does, each once", () =>
    netDeviceOps(spec, false),
  );
  if (linux.cgroupsPath?.split("/").includes(".."))
    report.add("/linux/cgroupsPath", 'has ".." in it', "write the path without");
}
