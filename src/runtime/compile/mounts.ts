/** Mounts of config.json → operations. */
import { invalidArgument } from "../../errors/errors.ts";
import type { LinuxIDMapping, Mount, Spec } from "../../oci/runtime-spec.ts";
import { type Op, type Plan, stringList } from "../plan/ops.ts";
import { compileCgroupMount } from "./cgroup-mount.ts";
import type { Facts } from "./facts.ts";
import { ATTRIBUTES, type MountOptions, parseMountOptions } from "./mount-options.ts";
import { namespacesOf } from "./namespaces.ts";

/** Files of procfs that file systems such as lxcfs may replace by their own. */
const PROC_FILES = new Set([
  "/proc/cpuinfo",
  "/proc/diskstats",
  "/proc/meminfo",
  "/proc/stat",
  "/proc/swaps",
  "/proc/uptime",
  "/proc/loadavg",
  "/proc/slabinfo",
  "/proc/net/dev",
  "/proc/sys/kernel/ns_last_pid",
  "/proc/sys/crypto/fips_enabled",
]);

/** An absolute path without ".", ".." and doubled slashes; relative ones count from "/" (old configurations). */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function refuseProc(tag: string, target: string, type: string, source: string): void {
  if (target !== "/proc" && !target.startsWith("/proc/")) return;
  if (type === "proc" && target === "/proc") return;
  if (type === "bind" && (PROC_FILES.has(target) || (target === "/proc" && cleanPath(source) === "/proc")))
    return;
  throw invalidArgument(
    `${tag}: mount of type ${type || "none"} on ${target}: inside /proc only procfs itself and files such as /proc/cpuinfo can be mounted`,
  );
}

function sourceOf(mount: Mount, facts: Facts, tag: string): string {
  if (!mount.source) throw invalidArgument(`${tag}: bind mount on ${mount.destination} has no source`);
  return mount.source.startsWith("/") ? mount.source : `${facts.bundle}/${mount.source}`;
}

/** Whether the mount gets a mapping of its own, by its members or by option. */
function isIdmapped(mount: Mount): boolean {
  const { bind, idmap } = parseMountOptions(mount.options ?? []);
  const mapped = mount.uidMappings !== undefined || mount.gidMappings !== undefined || idmap !== "no";
  return mapped && (bind || mount.type === "bind");
}

const attributesOf = ({ attributes, treeAttributes }: MountOptions) => attributes.set | treeAttributes.set;

const mapText = (mappings: readonly LinuxIDMapping[]) =>
  mappings.map((m) => `${m.containerID} ${m.hostID} ${m.size}\n`).join("");

/** Whether the source may be out of reach for the root of the container's user namespace. */
function isForeign(spec: Spec, mount: Mount, facts: Facts): boolean {
  const bind = mount.type === "bind" || parseMountOptions(mount.options ?? []).bind;
  return bind && !facts.rootless && (spec.linux?.namespaces ?? []).some(({ type }) => type === "user");
}

const NOBODY = 65534;
const rootOf = (mappings: readonly LinuxIDMapping[] | undefined) =>
  mappings?.find(({ containerID }) => containerID === 0)?.hostID ?? NOBODY;

function sourceOp(spec: Spec, mount: Mount, facts: Facts, tag: string): Op {
  return {
    op: "source",
    tag,
    recursive: parseMountOptions(mount.options ?? []).recursive ? 1 : 0,
    uid: rootOf(spec.linux?.uidMappings),
    gid: rootOf(spec.linux?.gidMappings),
    source: sourceOf(mount, facts, tag),
  };
}

/**
 * Prepares, in the order of config.json, what takes the host's rights: idmapped mounts (without mappings of its own,
 * one has the container's), and sources that the root of a user namespace may not reach.
 */
export function compileSources(spec: Spec, facts: Facts): Plan {
  return (spec.mounts ?? []).flatMap((mount, i): Plan => {
    const tag = `mounts[${i}]`;
    if (!isIdmapped(mount)) return isForeign(spec, mount, facts) ? [sourceOp(spec, mount, facts, tag)] : [];
    const uids = mount.uidMappings ?? spec.linux?.uidMappings;
    const gids = mount.gidMappings ?? spec.linux?.gidMappings;
    // The mappings of a user namespace that is joined are the namespace's own.
    const joined = namespacesOf(spec).get("user")?.path;
    const namespace = mount.uidMappings || mount.gidMappings ? undefined : joined;
    if (namespace === undefined && (!uids?.length || !gids?.length))
      throw invalidArgument(`${tag}: an idmapped mount needs uidMappings and gidMappings, here or in linux`);
    const options = parseMountOptions(mount.options ?? []);
    return [
      {
        op: "idmap",
        tag,
        recursive: options.recursive ? 1 : 0,
        tree: options.idmap === "tree" ? 1 : 0,
        source: sourceOf(mount, facts, tag),
        uidMap: mapText(namespace === undefined ? uids! : []),
        gidMap: mapText(namespace === undefined ? gids! : []),
        namespace: namespace ?? "",
      },
    ];
  });
}

/** The number of the prepared tree that a mount attaches; 0 for none. */
function preparedTree(spec: Spec, mount: Mount, facts: Facts): number {
  const isPrepared = (one: Mount) => isIdmapped(one) || isForeign(spec, one, facts);
  return isPrepared(mount) ? (spec.mounts ?? []).filter(isPrepared).indexOf(mount) + 1 : 0;
}

function bindOp(
  mount: Mount,
  target: string,
  options: MountOptions,
  prepared: number,
  facts: Facts,
  tag: string,
): Op {
  const source = sourceOf(mount, facts, tag);
  refuseProc(tag, target, "bind", source);
  return {
    op: "bind",
    tag,
    target,
    source,
    recursive: options.recursive ? 1 : 0,
    set: options.attributes.set,
    clear: options.attributes.clear,
    treeSet: options.treeAttributes.set,
    treeClear: options.treeAttributes.clear,
    propagation: options.propagation,
    treePropagation: options.treePropagation,
    inProc: target === "/proc" || target.startsWith("/proc/") ? 1 : 0,
    prepared,
  };
}

/**
 * Whether a read-only mount becomes so only at the end: what lies in it (further mounts, devices, the terminal) is
 * still to be made there.
 */
const isReadonlyLate = (mount: Mount, target: string) => mount.type === "tmpfs" || target === "/dev";

/** File systems that take no label as an option, or get none, as with runc. */
const UNLABELLED = new Set(["proc", "sysfs", "mqueue", "cgroup", "cgroup2"]);

/** The option by which all files of a new mount get the container's label; only where SELinux is on. */
export function contextOf(spec: Spec, facts: Facts, type: string): string[] {
  const label = spec.linux?.mountLabel;
  return label && facts.selinux && !UNLABELLED.has(type) ? [`context=${label}`] : [];
}

function filesystemOp(
  mount: Mount,
  target: string,
  options: MountOptions,
  context: string[],
  tag: string,
): Op {
  const type = mount.type ?? "";
  if (type === "") throw invalidArgument(`${tag}: mount on ${target} has no type`);
  refuseProc(tag, target, type, mount.source ?? "");
  return {
    op: "mount",
    tag,
    target,
    type,
    source: mount.source ?? type,
    options: stringList([...options.data, ...context]),
    attributes: attributesOf(options) & ~(isReadonlyLate(mount, target) ? ATTRIBUTES.RDONLY : 0),
    propagation: options.propagation || options.treePropagation,
    strict: type === "proc" || type === "sysfs" ? 1 : 0,
    copyUp: options.copyUp && type === "tmpfs" ? 1 : 0,
  };
}

/** Where a mount goes in the root. Old configurations have the root's own path on the host before it. */
function targetOf(spec: Spec, { destination }: Mount, bundle: string): string {
  const target = cleanPath(destination);
  const path = spec.root?.path;
  if (!path) return target;
  const root = cleanPath(path.startsWith("/") ? path : `${bundle}/${path}`);
  return root !== "/" && target.startsWith(`${root}/`) ? target.slice(root.length) : target;
}

function compileMount(spec: Spec, mount: Mount, tag: string, facts: Facts): Plan {
  const target = targetOf(spec, mount, facts.bundle);
  const options = parseMountOptions(mount.options ?? []);
  if (mount.type === "cgroup")
    return compileCgroupMount(
      spec,
      { ...mount, destination: target },
      tag,
      facts,
      contextOf(spec, facts, "tmpfs"),
    );
  if (options.bind || mount.type === "bind")
    return [bindOp(mount, target, options, preparedTree(spec, mount, facts), facts, tag)];
  const type = mount.type ?? "";
  const label = spec.linux?.mountLabel;
  const plan: Plan = [filesystemOp(mount, target, options, contextOf(spec, facts, type), tag)];
  // Message queues have their label on the folder itself.
  if (label && facts.selinux && type === "mqueue")
    plan.push({ op: "label", tag: "linux.mountLabel", target, label });
  return plan;
}

/** All mounts, in the order of config.json. Throws invalidArgument with the mount's place. */
export function compileMounts(spec: Spec, facts: Facts): Plan {
  return (spec.mounts ?? []).flatMap((mount, i) => compileMount(spec, mount, `mounts[${i}]`, facts));
}

/** Makes read-only what compileMounts() had to leave writable. */
export function compileLateReadonly(spec: Spec, facts: Facts): Plan {
  return (spec.mounts ?? []).flatMap((mount, i): Plan => {
    const target = targetOf(spec, mount, facts.bundle);
    const options = parseMountOptions(mount.options ?? []);
    if (options.bind || mount.type === "bind" || !isReadonlyLate(mount, target)) return [];
    if ((attributesOf(options) & ATTRIBUTES.RDONLY) === 0) return [];
    return [{ op: "attributes", tag: `mounts[${i}]`, target, set: ATTRIBUTES.RDONLY, clear: 0 }];
  });
}

/** Whether /dev is the container's own, to be filled with the standard nodes: not when it is a bind mount. */
export function ownsDev(spec: Spec): boolean {
  const dev = (spec.mounts ?? []).findLast((mount) => cleanPath(mount.destination) === "/dev");
  if (!dev) return true;
  return dev.type !== "bind" && !parseMountOptions(dev.options ?? []).bind;
}
