/** The mount of type "cgroup": what a container sees of its own control groups. */
import type { Mount, Spec } from "../../oci/runtime-spec.ts";
import { type Op, stringList } from "../plan/ops.ts";
import type { Facts } from "./facts.ts";
import { ATTRIBUTES, parseMountOptions } from "./mount-options.ts";

const { RDONLY, NOSUID, NODEV, NOEXEC } = ATTRIBUTES;
const SAFE = NOSUID | NODEV | NOEXEC;

/** Without a cgroup namespace of its own the root of a user namespace may not mount cgroup2. */
const mayMountUnified = (spec: Spec, own: boolean) =>
  own || !(spec.linux?.namespaces ?? []).some(({ type }) => type === "user");

const hasNewCgroupNamespace = (spec: Spec) =>
  (spec.linux?.namespaces ?? []).some((n) => n.type === "cgroup" && !n.path);

function bindFolder(tag: string, target: string, source: string, readonly: number): Op {
  return {
    op: "bind",
    tag,
    target,
    source,
    recursive: 0,
    set: SAFE | readonly,
    clear: 0,
    treeSet: 0,
    treeClear: 0,
    propagation: 0,
    treePropagation: 0,
    inProc: 0,
    prepared: 0,
  };
}

function mountOf(tag: string, type: string, target: string, data: string[], attributes: number): Op {
  return {
    op: "mount",
    tag,
    target,
    type,
    source: type,
    options: stringList(data),
    attributes,
    propagation: 0,
    strict: 0,
    copyUp: 0,
  };
}

/** cgroup v1: a tmpfs with one folder a hierarchy, and links for controllers that share one. */
function v1(
  tag: string,
  target: string,
  readonly: number,
  own: boolean,
  facts: Facts,
  context: string[],
): Op[] {
  const ops: Op[] = [mountOf(tag, "tmpfs", target, ["mode=755", ...context], SAFE)];
  for (const hierarchy of facts.hierarchies) {
    const folder = facts.cgroup.find((f) => f.path.startsWith(`${hierarchy.mountpoint}/`));
    if (hierarchy.version !== 1 || !folder) continue;
    const name = hierarchy.mountpoint.slice(hierarchy.mountpoint.lastIndexOf("/") + 1);
    const path = `${target}/${name}`;
    const data = hierarchy.controllers.flatMap((c) => (c.startsWith("name=") ? ["none", c] : [c]));
    ops.push(
      own
        ? mountOf(tag, "cgroup", path, data, SAFE | readonly)
        : bindFolder(tag, path, folder.path, readonly),
    );
    for (const controller of hierarchy.controllers)
      if (hierarchy.controllers.length > 1 && controller !== name)
        ops.push({ op: "symlink", tag, content: name, path: `${target}/${controller}` });
  }
  if (readonly) ops.push({ op: "attributes", tag, target, set: RDONLY, clear: 0 });
  return ops;
}

/** Compiles a mount of type "cgroup" for the version that the host has. */
export function compileCgroupMount(
  spec: Spec,
  mount: Mount,
  tag: string,
  facts: Facts,
  context: string[],
): Op[] {
  const readonly = parseMountOptions(mount.options ?? []).attributes.set & RDONLY;
  const own = hasNewCgroupNamespace(spec);
  const unified = facts.cgroup.find((f) => f.version === 2);
  const onlyV2 = facts.hierarchies.every((h) => h.version === 2);
  if (!onlyV2) return v1(tag, mount.destination, readonly, own, facts, context);
  // As with runc: without a cgroup namespace it shows the host's whole hierarchy, in which /proc/self/cgroup leads on.
  if (mayMountUnified(spec, own) || !unified)
    return [mountOf(tag, "cgroup2", mount.destination, [], SAFE | readonly)];
  return [bindFolder(tag, mount.destination, unified.path, readonly)];
}
