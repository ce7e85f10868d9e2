import type { SystemVersion } from "../../api/schema.ts";
import {
  API_VERSION,
  BUILD_TIME,
  BUN_VERSION,
  GIT_COMMIT,
  MIN_API_VERSION,
  VERSION,
} from "../../version/version.ts";
import type { HostFacts } from "./host.ts";

/** GET /version. `GoVersion` is what clients print for the language; ours is Bun. */
export function systemVersion(
  host: HostFacts,
  containerd: { version: string; revision: string },
  experimental: boolean,
): SystemVersion {
  const details = {
    ApiVersion: API_VERSION,
    Arch: host.architecture,
    BuildTime: BUILD_TIME,
    Experimental: String(experimental),
    GitCommit: GIT_COMMIT,
    GoVersion: `bun${BUN_VERSION}`,
    KernelVersion: host.kernelVersion,
    MinAPIVersion: MIN_API_VERSION,
    Os: "linux",
  };
  return {
    Platform: { Name: "Pequod" },
    Components: [
      { Name: "Engine", Version: VERSION, Details: details },
      { Name: "containerd", Version: containerd.version, Details: { GitCommit: containerd.revision } },
      { Name: "runc", Version: VERSION, Details: { GitCommit: GIT_COMMIT } },
      { Name: "docker-init", Version: VERSION, Details: { GitCommit: GIT_COMMIT } },
    ],
    Version: VERSION,
    ApiVersion: API_VERSION,
    MinAPIVersion: MIN_API_VERSION,
    GitCommit: GIT_COMMIT,
    GoVersion: `bun${BUN_VERSION}`,
    Os: "linux",
    Arch: host.architecture,
    KernelVersion: host.kernelVersion,
    BuildTime: BUILD_TIME,
    ...(experimental ? { Experimental: true } : {}),
  };
}
