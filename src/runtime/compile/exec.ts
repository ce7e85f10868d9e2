/** A further process in a running container → plan. */
import type { Process, Spec } from "../../oci/runtime-spec.ts";
import type { Op, Plan } from "../plan/ops.ts";
import { oomOps, openCgroups, openResctrl } from "./container.ts";
import type { Facts } from "./facts.ts";
import { memoryPolicyOps } from "./memory-policy.ts";
import { personalityOps } from "./personality.ts";
import { compileProcess, keyringOps, secureOps, terminalOps } from "./process.ts";
import { compileRlimits, raiseLimits } from "./rlimits.ts";
import { affinityOps, allProcessors } from "./scheduling.ts";

export interface ExecTarget {
  /** clone(2) flags of the namespaces that the container does not share with docker-runc. */
  namespaces: number;
  /** Whether the root is to be entered though the mount namespace is our own. */
  hostMounts: boolean;
  inUserNamespace: boolean;
  /** The container's first process, its root on the host, its configuration. */
  pid: number;
  rootfs: string;
  spec: Spec;
}

const joinOp = (target: ExecTarget, facts: Facts): Op => ({
  op: "joinProcess",
  tag: "namespaces",
  pidfd: facts.fds.pidfd!,
  namespaces: target.namespaces,
  pid: target.pid,
  root: target.rootfs,
});

/** Compiles an exec. `facts.fds.pidfd` is the container's first process. */
export function compileExec(process: Process, target: ExecTarget, facts: Facts): Plan {
  const limits = compileRlimits(process);
  const outside = target.inUserNamespace;
  const { initial, final } = process.execCPUAffinity ?? {};
  return [
    ...affinityOps(initial, "process.execCPUAffinity.initial"),
    ...openCgroups(facts.cgroup, "cgroup"),
    ...openResctrl(facts.rdt, "intelRdt"),
    ...oomOps(process.oomScoreAdj),
    ...(outside ? raiseLimits(limits) : []),
    // Before the cgroup namespace is joined: from within it cgroup2 with nsdelegate knows no folder outside (ENOENT).
    { op: "enterCgroups", tag: "cgroup" },
    // pidfd stands also where there is nothing to join: close-on-exec, it goes by itself.
    ...(target.namespaces === 0 && !target.hostMounts ? [] : [joinOp(target, facts)]),
    { op: "clone", tag: "namespaces", namespaces: 0, userNamespace: outside ? 1 : 0 },
    ...(initial || final ? affinityOps(final, "process.execCPUAffinity.final") : [allProcessors("cgroup")]),
    ...keyringOps(process, facts),
    ...personalityOps(target.spec),
    ...memoryPolicyOps(target.spec),
    ...terminalOps(process, facts, false),
    ...compileProcess(process, facts, limits),
    { op: "ready", tag: "exec", keepOpen: 1, wait: facts.pidFile ? 1 : 0 },
    ...secureOps(process, facts),
  ];
}
