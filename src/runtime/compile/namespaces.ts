/** Namespaces of config.json → joins, unshare and the clone that ends the first stage. */
import { invalidArgument } from "../../errors/errors.ts";
import { NAMESPACES } from "../../linux/namespaces.ts";
import type { LinuxNamespace, NamespaceType, Spec } from "../../oci/runtime-spec.ts";
import type { Plan } from "../plan/ops.ts";
import { allProcessors } from "./scheduling.ts";

const TAG = "linux.namespaces";

type Namespaces = ReadonlyMap<NamespaceType, LinuxNamespace>;
const known = new WeakMap<readonly LinuxNamespace[], Namespaces>();

/**
 * The namespaces that config.json asks for, by type; asked again for the same list, it has the answer ready. Throws for
 * an unknown type and for one given twice.
 */
export function namespacesOf(spec: Spec): Namespaces {
  const list = spec.linux?.namespaces ?? [];
  let found = known.get(list);
  if (found === undefined) {
    found = byType(list);
    known.set(list, found);
  }
  return found;
}

function byType(list: readonly LinuxNamespace[]): Namespaces {
  const found = new Map<NamespaceType, LinuxNamespace>();
  list.forEach((namespace, i) => {
    if (!Object.hasOwn(NAMESPACES, namespace.type))
      throw invalidArgument(`${TAG}[${i}]: unknown namespace type ${JSON.stringify(namespace.type)}`);
    if (found.has(namespace.type))
      throw invalidArgument(`${TAG}[${i}]: namespace ${namespace.type} is given twice`);
    found.set(namespace.type, namespace);
  });
  return found;
}

/** Whether the container gets a namespace of its own of this type. */
export function isNew(spec: Spec, type: NamespaceType): boolean {
  const namespace = namespacesOf(spec).get(type);
  return namespace !== undefined && !namespace.path;
}

function joins(spec: Spec, rootless: boolean): Plan {
  const plan: Plan = [];
  (spec.linux?.namespaces ?? []).forEach(({ type, path }, i) => {
    if (path) plan.push({ op: "join", tag: `${TAG}[${i}]`, type: NAMESPACES[type].flag, path });
  });
  // root may enter the others from outside; without root the user namespace is what gives the right to.
  const order = (op: Plan[number]) =>
    op.op === "join" && op.type === NAMESPACES.user.flag ? (rootless ? -1 : 1) : 0;
  return plan.sort((a, b) => order(a) - order(b));
}

function timeNamespace(spec: Spec): Plan {
  const offsets = spec.linux?.timeOffsets ?? {};
  if (!isNew(spec, "time")) {
    if (Object.keys(offsets).length > 0)
      throw invalidArgument("linux.timeOffsets needs a new time namespace in linux.namespaces");
    return [];
  }
  const plan: Plan = [{ op: "unshare", tag: TAG, namespaces: NAMESPACES.time.flag }];
  const lines = Object.entries(offsets).map(([clock, o]) => `${clock} ${o.secs ?? 0} ${o.nanosecs ?? 0}\n`);
  if (lines.length > 0)
    plan.push({
      op: "writeProc",
      tag: "linux.timeOffsets",
      path: "self/timens_offsets",
      content: lines.join(""),
    });
  return plan;
}

/** How init gets to be root in the user namespace: 0 there is none, 1 joined, 2 new, docker-runc maps it. */
function userNamespaceMode(spec: Spec): number {
  const user = namespacesOf(spec).get("user");
  return user === undefined ? 0 : user.path ? 1 : 2;
}

/** Joins, and the clone into all new namespaces but cgroup, which must come after the cgroup is entered. */
export function compileNamespaces(spec: Spec, rootless: boolean): Plan {
  let flags = 0;
  for (const [type, { path }] of namespacesOf(spec))
    if (!path && type !== "cgroup" && type !== "time") flags |= NAMESPACES[type].flag;
  const userNamespace = userNamespaceMode(spec);
  const clone: Plan = [
    { op: "clone", tag: TAG, namespaces: flags, userNamespace },
    { op: "enterCgroups", tag: "linux.cgroupsPath" },
    allProcessors("linux.cgroupsPath"),
  ];
  if (isNew(spec, "network")) clone.push({ op: "loopback", tag: TAG });
  if (isNew(spec, "cgroup")) clone.push({ op: "unshare", tag: TAG, namespaces: NAMESPACES.cgroup.flag });
  return [...joins(spec, rootless), ...timeNamespace(spec), ...clone];
}
