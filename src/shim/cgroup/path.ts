/** Where a process's control groups are: v1 hierarchies, the unified one (v2), or both (hybrid). */
import { notFound } from "../../errors/errors.ts";
import { readSmallFile } from "../../linux/fd.ts";

const MOUNT = "/sys/fs/cgroup";

export interface CgroupPaths {
  /** The folder per v1 controller; empty when only the unified hierarchy is there. */
  v1: ReadonlyMap<string, string>;
  /** The folder in the unified hierarchy when that is the only one. */
  v2: string | undefined;
}

/** Folders of the control groups of a process; throws notFound when it has gone. */
export function cgroupPaths(pid: number): CgroupPaths {
  let text: string;
  try {
    text = readSmallFile(`/proc/${pid}/cgroup`);
  } catch (cause) {
    throw notFound(`cgroup does not exist: process ${pid} has ended`, { cause });
  }
  return parseCgroups(text);
}

/** Parses /proc/PID/cgroup: lines of "number:controllers:path". */
export function parseCgroups(text: string): CgroupPaths {
  const v1 = new Map<string, string>();
  let unified = "";
  for (const line of text.trim().split("\n")) {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === "") unified = path;
    else for (const name of controllers.split(",")) v1.set(name, `${MOUNT}/${controllers}${path}`);
  }
  const named = [...v1.keys()].some((name) => !name.startsWith("name="));
  return { v1, v2: named ? undefined : `${MOUNT}${unified === "/" ? "" : unified}` };
}
