import { readSmallFile } from "../../linux/fd.ts";
import { cgroupPaths } from "./path.ts";

/** The processes in the container's control group and those below it, by the init's process id. */
export function pidsOf(init: number): number[] {
  const { v1, v2 } = cgroupPaths(init);
  const folder = v2 ?? v1.get("pids") ?? v1.get("memory") ?? v1.get("devices");
  if (folder === undefined) return [init];
  const files = [...new Bun.Glob("**/cgroup.procs").scanSync(folder)];
  return files.flatMap((file) => numbers(readSmallFile(`${folder}/${file}`)));
}

function numbers(text: string): number[] {
  return text.split("\n").filter(Boolean).map(Number);
}
