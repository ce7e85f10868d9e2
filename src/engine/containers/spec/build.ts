import type { ContainerConfig, HostConfig } from "../../../api/schema.ts";
import type { IDMap } from "../../../linux/id-map.ts";
import type { LinuxNamespace, LinuxSeccomp, Mount, Process, Spec } from "../../../oci/runtime-spec.ts";
import type { ResolvedUser } from "../rootfs/user.ts";
import { DEFAULT_PATH, MASKED_PATHS, READONLY_PATHS } from "./defaults.ts";
import type { ContainerDevices } from "./devices.ts";
import { type ReadyMount, rootPropagation, specMounts } from "./mounts.ts";
import { resourcesOf } from "./resources.ts";

/** Everything about a container that its specification follows from; all look-ups have been done. */
export interface SpecInput {
  id: string;
  config: ContainerConfig;
  hostConfig: HostConfig;
  path: string;
  args: string[];
  rootfs: string;
  user: ResolvedUser;
  capabilities: string[];
  seccomp: LinuxSeccomp | undefined;
  apparmor: string;
  noNewPrivileges: boolean;
  rlimits: { type: string; hard: number; soft: number }[];
  devices: ContainerDevices;
  mounts: ReadyMount[];
  /** /dev/shm, as the ipc mode wants it. */
  shm: Mount | undefined;
  namespaces: LinuxNamespace[];
  /** "" if the host's is used. */
  hostname: string;
  cgroupsPath: string;
  sysctls: Record<string, string>;
  /** Variables that --link gives. */
  linked?: readonly string[];
  /** docker-init is process 1. */
  init: boolean;
  /** Of the container's own user namespace. */
  ids: IDMap | undefined;
  /** In a user namespace the kernel lets nobody make a mount of cgroups read-only again. */
  writableCgroups: boolean;
}

/** The OCI runtime specification of a container. */
export function buildSpec(input: SpecInput): Spec {
  const { hostConfig } = input;
  const propagation = rootPropagation(input.mounts);
  const spec: Spec = {
    ociVersion: "1.0.2",
    process: processOf(input),
    root: { path: input.rootfs, readonly: hostConfig.ReadonlyRootfs === true },
    mounts: specMounts(hostConfig, input.shm, input.mounts, input.writableCgroups),
    linux: {
      namespaces: input.namespaces,
      ...(input.ids ? { uidMappings: [...input.ids.uids], gidMappings: [...input.ids.gids] } : {}),
      cgroupsPath: input.cgroupsPath,
      devices: input.devices.devices,
      resources: { ...resourcesOf(hostConfig), devices: input.devices.rules },
      ...(Object.keys(input.sysctls).length > 0 ? { sysctl: input.sysctls } : {}),
      ...(input.seccomp ? { seccomp: input.seccomp } : {}),
      ...(propagation === "" ? {} : { rootfsPropagation: propagation as "shared" }),
      ...hiddenPaths(hostConfig),
    },
  };
  if (input.hostname !== "") spec.hostname = input.hostname;
  if (hostConfig.Annotations && Object.keys(hostConfig.Annotations).length > 0) {
    spec.annotations = hostConfig.Annotations;
  }
  return spec;
}

function hiddenPaths(host: HostConfig): { maskedPaths?: string[]; readonlyPaths?: string[] } {
  if (host.Privileged) return {};
  return {
    maskedPaths: host.MaskedPaths ?? MASKED_PATHS,
    readonlyPaths: host.ReadonlyPaths ?? READONLY_PATHS,
  };
}

function processOf(input: SpecInput): Process {
  const { config, hostConfig, user, capabilities } = input;
  const command = [input.path, ...input.args];
  const process: Process = {
    terminal: config.Tty === true,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: input.init ? ["/sbin/docker-init", "--", ...command] : command,
    env: environment(config, input.hostname, input.linked),
    cwd: config.WorkingDir || "/",
    // A user other than root gets no capabilities unless a program's file grants them.
    capabilities: {
      bounding: capabilities,
      effective: user.uid === 0 ? capabilities : [],
      permitted: user.uid === 0 ? capabilities : [],
    },
    noNewPrivileges: input.noNewPrivileges,
    oomScoreAdj: hostConfig.OomScoreAdj ?? 0,
  };
  if (input.rlimits.length > 0) process.rlimits = input.rlimits as NonNullable<Process["rlimits"]>;
  if (input.apparmor !== "") process.apparmorProfile = input.apparmor;
  const [height = 0, width = 0] = hostConfig.ConsoleSize ?? [];
  if (config.Tty && height > 0 && width > 0) process.consoleSize = { height, width };
  return process;
}

/** PATH, HOSTNAME and TERM, unless the container's own environment has them; a bare NAME removes one. */
export function environment(
  config: ContainerConfig,
  hostname: string,
  linked: readonly string[] = [],
): string[] {
  const base = [DEFAULT_PATH];
  const name = hostname || config.Hostname || "";
  if (name !== "") base.push(`HOSTNAME=${name}`);
  if (config.Tty) base.push("TERM=xterm");
  base.push(...linked);
  return mergeEnvironment(base, config.Env ?? []);
}

/** The first, with the second over it; each name once, where it first stood. */
export function mergeEnvironment(base: readonly string[], over: readonly string[]): string[] {
  const merged = new Map<string, string>();
  for (const entry of [...base, ...over]) {
    const at = entry.indexOf("=");
    if (at < 0) merged.delete(entry);
    else merged.set(entry.slice(0, at), entry);
  }
  return [...merged.values()];
}
