import { existsSync } from "node:fs";

let version: 1 | 2 | undefined;

/** Which cgroup hierarchy the host manages resources with. */
export function cgroupVersion(): 1 | 2 {
  version ??= existsSync("/sys/fs/cgroup/cgroup.controllers") ? 2 : 1;
  return version;
}
