/** Whether the host's mounts can pass between it and a container as a bind mount asks for. */
import { readFileSync, realpathSync } from "node:fs";
import { systemError } from "../../../errors/errors.ts";

interface SourceMount {
  /** Where it is mounted. */
  at: string;
  /** "shared:1", "master:2" ... */
  options: string[];
}

/** The mount that holds a path, by proc(5)'s mountinfo. */
export function mountOf(path: string, mountinfo: string): SourceMount | undefined {
  const holding = mountinfo
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, , , , at = ""]) => at !== "" && `${path}/`.startsWith(at === "/" ? "/" : `${at}/`))
    .map((fields) => ({ at: fields[4]!, options: fields.slice(6, fields.indexOf("-")) }));
  return holding.toSorted((one, other) => one.at.length - other.at.length).at(-1);
}

/**
 * What is to be shared, or to follow, must be on a mount that is. What the data root is below of, or holds, may be on
 * any, as there the engine itself makes bind mounts follow. Errors: system, in stock's words.
 */
export function checkPropagation(source: string, propagation: string, dataRoot: string): void {
  const wanted = /^r?(shared|slave)$/.exec(propagation)?.[1];
  if (wanted === undefined) return;
  if (wanted === "slave" && (source.startsWith(dataRoot) || dataRoot.startsWith(source))) return;
  const mount = mountOf(realpathSync(source), readFileSync("/proc/self/mountinfo", "utf8"));
  const has = (option: string) => mount?.options.some((each) => each.startsWith(`${option}:`)) === true;
  if (has("shared") || (wanted === "slave" && has("master"))) return;
  const want = wanted === "shared" ? "a shared" : "a shared or slave";
  throw systemError(`path ${source} is mounted on ${mount?.at ?? "/"} but it is not ${want} mount`);
}
