import type { HostConfig } from "../../../api/schema.ts";
import { hasBlockWeight, kernelSupport } from "../../system/host.ts";

let support: Record<string, boolean> | undefined;

/** Limits that this kernel cannot keep are dropped with a warning, as stock does. */
export function dropUnsupported(host: HostConfig, warnings: string[]): void {
  support ??= kernelSupport();
  if ((host.Memory ?? 0) > 0 && !support["SwapLimit"]) {
    if ((host.MemorySwap ?? 0) !== -1) {
      warnings.push(
        "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.",
      );
    }
    host.MemorySwap = -1;
  }
  if ((host.Memory ?? 0) > 0 && !support["MemoryLimit"]) {
    warnings.push(
      "Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.",
    );
    host.Memory = 0;
    host.MemorySwap = -1;
  }
  if (host.PidsLimit && !support["PidsLimit"]) {
    warnings.push(
      "Your kernel does not support pids limit capabilities or the cgroup is not mounted. PIDs limit discarded.",
    );
    host.PidsLimit = null;
  }
  if (host.OomKillDisable && !support["OomKillDisable"]) {
    warnings.push("Your kernel does not support OomKillDisable. OomKillDisable discarded.");
    host.OomKillDisable = false;
  }
  if (host.OomKillDisable && (host.Memory ?? 0) === 0) {
    warnings.push(
      "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.",
    );
  }
  if (host.BlkioWeightDevice?.length && !hasBlockWeight("blkio.weight_device")) {
    warnings.push(
      "Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.",
    );
    host.BlkioWeightDevice = [];
  }
  if (host.BlkioWeight && !hasBlockWeight()) {
    warnings.push(
      "Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.",
    );
    host.BlkioWeight = 0;
  }
}
