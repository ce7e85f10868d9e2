/** The runtime specification of a managed plugin's process. */
import { existsSync } from "node:fs";
import { invalidArgument } from "../../../errors/errors.ts";
import type { LinuxNamespace, Spec } from "../../../oci/runtime-spec.ts";
import { buildSpec } from "../../containers/spec/build.ts";
import { DEFAULT_CAPABILITIES, normalizeCapability } from "../../containers/spec/capabilities.ts";
import { devicesFor } from "../../containers/spec/devices.ts";
import type { ReadyMount } from "../../containers/spec/mounts.ts";
import type { PluginConfig, PluginMount } from "./config.ts";
import type { PluginRecord } from "./store.ts";

export interface PluginFolders {
  rootfs: string;
  /** Where its socket goes; /run/docker/plugins for the plugin. */
  sockets: string;
  /** Shared with the host, at Config.PropagatedMount. */
  propagated: string | undefined;
}

/** Errors: invalidArgument, for a mount without a source, or one that is not there. */
export function pluginSpec({ plugin }: PluginRecord, folders: PluginFolders): Spec {
  const { Config, Settings, Id } = plugin;
  const { Linux, WorkDir, User } = Config;
  const [path = "", ...args] = [...(Config.Entrypoint ?? []), ...Settings.Args];
  const paths = Settings.Devices.flatMap(({ Path }) => Path ?? []);
  return buildSpec({
    id: Id,
    config: { Env: Settings.Env, WorkingDir: WorkDir || "/" },
    hostConfig: {},
    path,
    args,
    rootfs: folders.rootfs,
    user: { uid: User.UID ?? 0, gid: User.GID ?? 0, additionalGids: [], home: "/" },
    capabilities: [
      ...new Set([...DEFAULT_CAPABILITIES, ...(Linux.Capabilities ?? []).map(normalizeCapability)]),
    ],
    seccomp: undefined,
    apparmor: "",
    noNewPrivileges: true,
    rlimits: [],
    devices: devicesFor({
      Privileged: Linux.AllowAllDevices,
      Devices: paths.map((one) => ({ PathOnHost: one, PathInContainer: one, CgroupPermissions: "rwm" })),
    }),
    mounts: mountsOf(Config, Settings.Mounts, folders),
    shm: undefined,
    namespaces: namespacesOf(Config),
    hostname: "",
    cgroupsPath: `/docker/${Id}`,
    sysctls: {},
    init: false,
    ids: undefined,
    writableCgroups: false,
  });
}

function namespacesOf({ Network, PidHost, IpcHost }: PluginConfig): LinuxNamespace[] {
  return [
    { type: "mount" },
    { type: "uts" },
    ...(PidHost ? [] : [{ type: "pid" } as const]),
    ...(IpcHost ? [] : [{ type: "ipc" } as const]),
    ...(Network.Type === "host" ? [] : [{ type: "network" } as const]),
  ];
}

function mountsOf(config: PluginConfig, given: readonly PluginMount[], folders: PluginFolders): ReadyMount[] {
  const shared = { writable: true, propagation: "rshared" };
  const mounts: ReadyMount[] = [{ source: folders.sockets, destination: "/run/docker/plugins", ...shared }];
  if (config.Network.Type !== "")
    for (const path of ["/etc/hosts", "/etc/resolv.conf"])
      if (existsSync(path)) mounts.push({ source: path, destination: path, writable: false });
  if (folders.propagated !== undefined)
    mounts.push({ source: folders.propagated, destination: config.PropagatedMount, ...shared });
  return [...mounts, ...given.map(userMount)];
}

function userMount({ Name, Source, Destination, Type, Options }: PluginMount): ReadyMount {
  const options = Options ?? [];
  const writable = !options.includes("ro");
  if (Type !== "" && Type !== "bind")
    return { source: Type, destination: Destination, writable, tmpfs: options };
  if (!Source) throw invalidArgument(`mount source of ${JSON.stringify(Name)} is not specified: set it`);
  if (!existsSync(Source)) throw invalidArgument(`mount source ${Source} is not there`);
  const propagation = options.find((option) => /^r?(private|slave|shared)$/.test(option)) ?? "rprivate";
  return { source: Source, destination: Destination, writable, propagation };
}
