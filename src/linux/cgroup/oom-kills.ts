import { readSmallFile } from "../fd.ts";
import { type Cgroup, folderOf } from "./cgroup.ts";

/** How often the kernel has killed a process of the cgroup for want of memory; 0 where nobody counts. */
export function oomKills(cgroup: Cgroup): number {
  const folder = folderOf(cgroup, "memory");
  if (!folder) return 0;
  const file = folder.version === 1 ? "memory.oom_control" : "memory.events";
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readSmallFile(`${folder.path}/${file}`))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
