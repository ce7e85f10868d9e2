/** process.rlimits → operations. */
import { invalidArgument } from "../../errors/errors.ts";
import type { Process } from "../../oci/runtime-spec.ts";
import type { Plan } from "../plan/ops.ts";

/** The index is the number that setrlimit(2) takes. */
const RESOURCES = [
  "RLIMIT_CPU",
  "RLIMIT_FSIZE",
  "RLIMIT_DATA",
  "RLIMIT_STACK",
  "RLIMIT_CORE",
  "RLIMIT_RSS",
  "RLIMIT_NPROC",
  "RLIMIT_NOFILE",
  "RLIMIT_MEMLOCK",
  "RLIMIT_AS",
  "RLIMIT_LOCKS",
  "RLIMIT_SIGPENDING",
  "RLIMIT_MSGQUEUE",
  "RLIMIT_NICE",
  "RLIMIT_RTPRIO",
  "RLIMIT_RTTIME",
];

/** JSON numbers near 2^64 are rounded; all from 2^63 on mean "no limit", as -1 does. */
const limit = (n: number) => (n < 0 || n >= 2 ** 63 ? -1n : BigInt(Math.trunc(n)));

/**
 * For a process that will be in a user namespace, where nobody may raise a hard limit of the host: makes room for the
 * limits beforehand, without limiting init itself, which may need more.
 */
export const raiseLimits = (limits: Plan): Plan =>
  limits.flatMap((op): Plan => {
    if (op.op !== "rlimit") return [];
    return [{ op: "raiseLimit", tag: op.tag, resource: op.resource, hard: op.hard }];
  });

/** Throws invalidArgument for an unknown limit and for one given twice. */
export function compileRlimits(process: Process): Plan {
  const seen = new Set<string>();
  return (process.rlimits ?? []).map(({ type, soft, hard }, i) => {
    const tag = `process.rlimits[${i}]`;
    const resource = RESOURCES.indexOf(type);
    if (resource < 0) throw invalidArgument(`${tag}: unknown limit ${JSON.stringify(type)}`);
    if (seen.has(type)) throw invalidArgument(`${tag}: ${type} is given twice`);
    seen.add(type);
    return { op: "rlimit", tag, resource, soft: limit(soft), hard: limit(hard) };
  });
}
