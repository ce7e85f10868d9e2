import type { ContainerConfig, HostConfig } from "../../../api/schema.ts";
import { invalidArgument } from "../../../errors/errors.ts";

/** The reference of "container:<name or id>"; undefined for any other mode. */
export function containerOf(mode: string | undefined): string | undefined {
  return mode?.startsWith("container:") ? mode.slice("container:".length) : undefined;
}

const MODES = {
  IpcMode: { known: ["", "none", "private", "shareable", "host"], container: true, name: "IPC" },
  PidMode: { known: ["", "host"], container: true, name: "PID" },
  UTSMode: { known: ["", "host"], container: false, name: "UTS" },
  UsernsMode: { known: ["", "host"], container: false, name: "user" },
  CgroupnsMode: { known: ["", "private", "host"], container: false, name: "cgroup namespace" },
} as const;

/** Errors: invalidArgument, for a mode of a namespace that does not exist. */
export function checkModes(host: HostConfig): void {
  for (const [field, { known, container, name }] of Object.entries(MODES)) {
    const mode = (host[field as keyof typeof MODES] ?? "") as string;
    if ((known as readonly string[]).includes(mode)) continue;
    if (container && containerOf(mode)) continue;
    throw invalidArgument(`invalid ${name} mode: ${mode}`);
  }
  if (host.Privileged && host.CgroupnsMode === "private") return;
}

/** What cannot go with a network that is another's or the host's. Errors: invalidArgument, with stock's texts. */
export function checkNetworkConflicts(config: ContainerConfig, host: HostConfig): void {
  const mode = host.NetworkMode ?? "";
  const shared = containerOf(mode) !== undefined;
  if (mode === "container:")
    throw invalidArgument("invalid network mode: invalid container format container:<name|id>");
  const conflicts: [unknown, string][] = shared
    ? [
        [config.Hostname, "conflicting options: hostname and the network mode"],
        [config.MacAddress, "conflicting options: mac-address and the network mode"],
        [
          host.Links?.length,
          "conflicting options: container type network can't be used with links. This would result in undefined behavior",
        ],
        [host.Dns?.length, "conflicting options: dns and the network mode"],
        [host.ExtraHosts?.length, "conflicting options: custom host-to-IP mapping and the network mode"],
        [
          Object.keys(host.PortBindings ?? {}).length || host.PublishAllPorts,
          "conflicting options: port publishing and the container type network mode",
        ],
        [
          Object.keys(config.ExposedPorts ?? {}).length,
          "conflicting options: port exposing and the container type network mode",
        ],
      ]
    : [];
  if (mode === "host" && host.Links?.length) {
    conflicts.push([
      true,
      "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    ]);
  }
  if (host.UTSMode === "host" && config.Hostname) {
    conflicts.push([true, "conflicting options: hostname and the UTS mode"]);
  }
  for (const [there, message] of conflicts) if (there) throw invalidArgument(message);
}
