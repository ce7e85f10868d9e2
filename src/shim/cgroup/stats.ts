import { notFound } from "../../errors/errors.ts";
import { cgroupPaths } from "./path.ts";
import { collectV1 } from "./stats-v1.ts";
import { collectV2 } from "./stats-v2.ts";

/** The counters of a container's control groups, as the Any that containerd's clients expect. */
export function statsOf(init: number): { typeUrl: string; value: Uint8Array } {
  const { v1, v2 } = cgroupPaths(init);
  if (v2 !== undefined) return { typeUrl: "io.containerd.cgroups.v2.Metrics", value: collectV2(v2) };
  if (v1.size === 0) throw notFound("cgroup does not exist");
  return { typeUrl: "io.containerd.cgroups.v1.Metrics", value: collectV1(v1) };
}
