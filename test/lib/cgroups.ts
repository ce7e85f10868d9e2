import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";

const MOUNTED = "/sys/fs/cgroup";

/** Removes an empty cgroup in every hierarchy: the parent of a test's containers, which no runtime takes away. */
export function removeCgroup(name: string): void {
  for (const path of [join(MOUNTED, name), ...readdirSync(MOUNTED).map((part) => join(MOUNTED, part, name))])
    if (existsSync(path)) rmdirSync(path);
}
