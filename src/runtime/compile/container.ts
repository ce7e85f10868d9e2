/** config.json → the plan of a container's first process. */
import { invalidArgument } from "../../errors/errors.ts";
import type { Cgroup } from "../../linux/cgroup/cgroup.ts";
import type { ResctrlGroup } from "../../linux/resctrl.ts";
import type { Hook, Spec } from "../../oci/runtime-spec.ts";
import { type Op, type Plan, SYNC, stringList } from "../plan/ops.ts";
import { compileDevices } from "./devices.ts";
import type { Facts } from "./facts.ts";
import { memoryPolicyOps } from "./memory-policy.ts";
import { ATTRIBUTES, propagationForMount } from "./mount-options.ts";
import { compileLateReadonly, compileMounts, compileSources, contextOf, ownsDev } from "./mounts.ts";
import { compileNamespaces, isNew, namespacesOf } from "./namespaces.ts";
import { netDeviceOps } from "./net-devices.ts";
import { personalityOps } from "./personality.ts";
import { compileProcess, keyringOps, secureOps, settledEnvironment, terminalOps } from "./process.ts";
import { compileRlimits, raiseLimits } from "./rlimits.ts";
import { compileSysctls } from "./sysctl.ts";

const MS_PRIVATE = 1 << 18;
const RSLAVE = propagationForMount("rslave")!;

/** Absolute path of the root file system. */
export function rootPathOf(spec: Spec, bundle: string): string {
  const path = spec.root?.path;
  if (!path) throw invalidArgument("root.path is missing");
  return path.startsWith("/") ? path : `${bundle}/${path}`;
}

/** The rootfsPropagation of config.json as flags; undefined when it is not set. */
export function rootPropagation(spec: Spec): number | undefined {
  const word = spec.linux?.rootfsPropagation;
  if (!word) return undefined;
  const flags = propagationForMount(word);
  if (flags === undefined)
    throw invalidArgument(`linux.rootfsPropagation: unknown value ${JSON.stringify(word)}`);
  return flags;
}

/** `inherited`: the environment of hooks without one of their own. */
function hookOps(kind: string, hooks: readonly Hook[] | undefined, inherited: readonly string[]): Plan {
  return (hooks ?? []).map((hook, i) => ({
    op: "hook",
    tag: `hooks.${kind}[${i}]`,
    timeout: hook.timeout ?? 0,
    inherit: hook.env ? 0 : 1,
    path: hook.path,
    args: stringList(hook.args ?? [hook.path]),
    env: stringList(hook.env ?? inherited),
  }));
}

function rootOps(spec: Spec, facts: Facts): Plan {
  const tag = "linux.rootfsPropagation";
  const path = rootPathOf(spec, facts.bundle);
  // The propagation of the host's mounts is not the container's to change.
  if (!hasOwnMounts(spec)) return [{ op: "root", tag: "root.path", propagation: MS_PRIVATE, path }];
  const plan: Plan = [{ op: "propagation", tag, flags: rootPropagation(spec) ?? RSLAVE, path: "/" }];
  if (facts.rootMountPoint)
    plan.push({ op: "propagation", tag, flags: MS_PRIVATE, path: facts.rootMountPoint });
  const propagation = facts.rootMountPoint ? MS_PRIVATE : 0;
  plan.push({ op: "root", tag: "root.path", propagation, path });
  return plan;
}

/** Whether the container's mounts are not the host's. */
export const hasOwnMounts = (spec: Spec): boolean => namespacesOf(spec).has("mount");

/** Points at which docker-runc, or init in the container's namespaces, runs hooks before the root changes. */
function earlyHooks(spec: Spec): Plan {
  const hooks = spec.hooks ?? {};
  const runtime = [...(hooks.prestart ?? []), ...(hooks.createRuntime ?? [])];
  const inside = hooks.createContainer ?? [];
  if (runtime.length + inside.length + (hooks.startContainer ?? []).length === 0) return [];
  return [{ op: "sync", tag: "hooks", point: SYNC.hooks }, ...hookOps("createContainer", inside, [])];
}

function protectOps(spec: Spec, facts: Facts): Plan {
  const masks = stringList(contextOf(spec, facts, "tmpfs"));
  const masked = (spec.linux?.maskedPaths ?? []).flatMap((path, i, all): Plan => {
    if (all.indexOf(path) < i) return [];
    return [{ op: "mask", tag: `linux.maskedPaths[${i}]`, path, options: masks }];
  });
  const readonly = (spec.linux?.readonlyPaths ?? []).map(
    (path, i): Op => ({ op: "readonlyPath", tag: `linux.readonlyPaths[${i}]`, path }),
  );
  return [...readonly, ...masked];
}

function pivotOp(spec: Spec, facts: Facts, ownMounts: boolean): Op {
  const propagation = rootPropagation(spec) ?? 0;
  return {
    op: "pivot",
    tag: spec.root?.readonly ? "root.readonly" : "root.path",
    how: ownMounts ? (facts.noPivot ? 1 : 0) : 2,
    attributes: spec.root?.readonly ? ATTRIBUTES.RDONLY : 0,
    propagation: ownMounts && propagation !== RSLAVE ? propagation : 0,
  };
}

function nameOps(spec: Spec): Plan {
  const plan: Plan = [];
  for (const [op, name] of [
    ["hostname", spec.hostname],
    ["domainname", spec.domainname],
  ] as const) {
    if (!name) continue;
    if (!namespacesOf(spec).has("uts"))
      throw invalidArgument(
        `unable to set ${op} without a private UTS namespace: add one of type uts to linux.namespaces`,
      );
    plan.push({ op, tag: op, name });
  }
  return plan;
}

/** All that happens to the root file system. */
function filesystemOps(spec: Spec, facts: Facts): Plan {
  const process = spec.process!;
  const ownMounts = hasOwnMounts(spec);
  if (!ownMounts && (spec.linux?.maskedPaths?.length || spec.linux?.readonlyPaths?.length))
    throw invalidArgument(
      "unable to restrict sys entries without a private MNT namespace: add one of type mount to linux.namespaces",
    );
  const canMake = !facts.rootless && !namespacesOf(spec).has("user");
  return [
    ...rootOps(spec, facts),
    ...compileMounts(spec, facts),
    ...compileDevices(spec, canMake, facts.kcore),
    ...netDeviceOps(spec, facts.rootless),
    ...earlyHooks(spec),
    { op: "mkdir", tag: "process.cwd", path: process.cwd || "/" },
    ...terminalOps(process, facts, true),
    ...compileLateReadonly(spec, facts),
    ...protectOps(spec, facts),
    pivotOp(spec, facts, ownMounts),
    // A stream that is the host's /dev/null would keep CRIU from a checkpoint.
    ...(ownsDev(spec) ? [{ op: "reopenNull", tag: "stdio" } as const] : []),
  ];
}

/**
 * Compiles a container. Throws invalidArgument, with the place in config.json, for what cannot be.
 * `wait`: the process stops before the command until "start".
 */
export function compileContainer(spec: Spec, facts: Facts, wait: boolean): Plan {
  const process = spec.process;
  if (!process) throw invalidArgument("process is missing");
  const limits = compileRlimits(process);
  // Raising a hard limit needs rights of the host, which a user namespace takes away.
  const outside = isNew(spec, "user") || namespacesOf(spec).get("user") !== undefined;
  const fifo = facts.fds.fifo;
  return [
    ...openCgroups(facts.cgroup, "linux.cgroupsPath"),
    ...openResctrl(facts.rdt, "linux.intelRdt"),
    ...oomOps(process.oomScoreAdj),
    ...(outside ? raiseLimits(limits) : []),
    ...compileSources(spec, facts),
    ...compileNamespaces(spec, facts.rootless),
    ...keyringOps(process, facts),
    ...filesystemOps(spec, facts),
    ...nameOps(spec),
    ...compileSysctls(spec),
    ...personalityOps(spec),
    ...memoryPolicyOps(spec),
    ...compileProcess(process, facts, limits),
    // A process that waits for start need not wait for its pid file as well.
    { op: "ready", tag: "create", keepOpen: wait ? 0 : 1, wait: !wait && facts.pidFile ? 1 : 0 },
    ...(wait && fifo !== undefined ? [{ op: "waitStart", tag: "start", fifo } as const] : []),
    ...secureOps(
      process,
      facts,
      hookOps("startContainer", spec.hooks?.startContainer, settledEnvironment(process)),
    ),
  ];
}

/** Opens the cgroups that the new process is to enter. */
export function openCgroups(cgroup: Cgroup, tag: string): Plan {
  return cgroup.map(({ version, path }) => ({ op: "openCgroup", tag, version, folder: path }));
}

/** A resctrl group is entered as a v1 cgroup is: by "0" in its tasks. The last one opened is entered first. */
export function openResctrl(group: ResctrlGroup | undefined, tag: string): Plan {
  if (!group) return [];
  const folders = group.monitoring === undefined ? [group.path] : [group.monitoring, group.path];
  return folders.map((folder) => ({ op: "openCgroup", tag, version: 1, folder }));
}

/** Sets process.oomScoreAdj; nothing where it isn't given. */
export function oomOps(score: number | undefined): Plan {
  if (score === undefined) return [];
  return [
    { op: "writeProc", tag: "process.oomScoreAdj", path: "self/oom_score_adj", content: String(score) },
  ];
}
