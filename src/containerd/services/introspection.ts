import { readlinkSync } from "node:fs";
import { service } from "../../grpc/server.ts";
import { goArchitecture } from "../../oci/architecture.ts";
import { IntrospectionDefinition } from "../../proto/containerd/services/introspection/v1/introspection.ts";
import { compileFilters } from "../filters/filter.ts";

interface Plugin {
  type: string;
  id: string;
  platform?: true;
  capabilities?: string[];
  exports?: Record<string, string>;
}

/** The parts of the daemon under the names by which containerd's clients look for them. */
const PLUGINS: Plugin[] = [
  { type: "io.containerd.content.v1", id: "content" },
  { type: "io.containerd.snapshotter.v1", id: "native", platform: true },
  { type: "io.containerd.snapshotter.v1", id: "overlayfs", platform: true },
  { type: "io.containerd.metadata.v1", id: "sqlite" },
  { type: "io.containerd.differ.v1", id: "walking", platform: true },
  { type: "io.containerd.gc.v1", id: "scheduler" },
  { type: "io.containerd.runtime.v2", id: "task", platform: true },
  ...["introspection", "containers", "content", "diff", "events", "healthcheck", "images", "leases"].map(
    grpc,
  ),
  ...["namespaces", "snapshots", "tasks", "version"].map(grpc),
];

function grpc(id: string): Plugin {
  return { type: "io.containerd.grpc.v1", id };
}

function readField(plugin: Plugin, path: readonly string[]): string | undefined {
  switch (path[0]) {
    case "type":
      return plugin.type;
    case "id":
      return plugin.id;
    case "capabilities":
      return plugin.capabilities?.includes(path[1] ?? "") ? "true" : undefined;
    default:
      return undefined;
  }
}

function pidNamespace(): bigint {
  const inode = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0];
  return BigInt(inode ?? 0);
}

export const introspectionService = (uuid: string) =>
  service(IntrospectionDefinition, () => ({
    plugins({ filters }) {
      const platform = { os: "linux", architecture: goArchitecture() };
      return {
        plugins: PLUGINS.filter(compileFilters(filters, readField)).map((plugin) => ({
          type: plugin.type,
          id: plugin.id,
          platforms: plugin.platform ? [platform] : [],
          capabilities: plugin.capabilities ?? [],
          exports: plugin.exports ?? {},
        })),
      };
    },
    server: () => ({ uuid, pid: BigInt(process.pid), pidns: pidNamespace() }),
  }));
