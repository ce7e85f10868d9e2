/** linux.memoryPolicy → set_mempolicy(2). */
import { invalidArgument } from "../../errors/errors.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import type { Plan } from "../plan/ops.ts";
import { listMask } from "./scheduling.ts";

const TAG = "linux.memoryPolicy";

/** Modes and flags of linux/mempolicy.h. */
export const MEMORY_MODES: Readonly<Record<string, number>> = {
  MPOL_DEFAULT: 0,
  MPOL_PREFERRED: 1,
  MPOL_BIND: 2,
  MPOL_INTERLEAVE: 3,
  MPOL_LOCAL: 4,
  MPOL_PREFERRED_MANY: 5,
  MPOL_WEIGHTED_INTERLEAVE: 6,
};
export const MEMORY_FLAGS: Readonly<Record<string, number>> = {
  MPOL_F_STATIC_NODES: 1 << 15,
  MPOL_F_RELATIVE_NODES: 1 << 14,
  MPOL_F_NUMA_BALANCING: 1 << 13,
};
/** Modes that are about no node in particular. */
const WITHOUT_NODES = ["MPOL_DEFAULT", "MPOL_LOCAL"];

const find = (table: Readonly<Record<string, number>>, name: string) =>
  Object.hasOwn(table, name) ? table[name] : undefined;

const countBits = (mask: Uint8Array) =>
  mask.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);

function nodeMask(mode: string, nodes: string): Uint8Array {
  if (nodes === "") return new Uint8Array(0);
  const mask = listMask(nodes);
  if (!mask)
    throw invalidArgument(
      `${TAG}: invalid memory policy nodes ${JSON.stringify(nodes)}: want a list such as "0-3,7"`,
    );
  if (WITHOUT_NODES.includes(mode))
    throw invalidArgument(`${TAG}: ${mode}: mode requires 0 nodes but got ${countBits(mask)}`);
  return mask;
}

/** In runc's words. Errors: invalidArgument. */
export function memoryPolicyOps(spec: Spec): Plan {
  const policy = spec.linux?.memoryPolicy;
  if (!policy) return [];
  const mode = find(MEMORY_MODES, policy.mode);
  if (mode === undefined)
    throw invalidArgument(`${TAG}: invalid memory policy mode ${JSON.stringify(policy.mode ?? "")}`);
  const flags = (policy.flags ?? []).map((name) => {
    const flag = find(MEMORY_FLAGS, name);
    if (flag === undefined)
      throw invalidArgument(`${TAG}: invalid memory policy flag ${JSON.stringify(name)}`);
    return flag;
  });
  const nodes = nodeMask(policy.mode, policy.nodes ?? "");
  return [{ op: "memoryPolicy", tag: TAG, mode: flags.reduce((all, flag) => all | flag, mode), nodes }];
}
