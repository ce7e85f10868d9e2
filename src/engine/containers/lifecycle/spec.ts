import { systemError } from "../../../errors/errors.ts";
import type { Mount, Spec } from "../../../oci/runtime-spec.ts";
import { seccompFor } from "../../../oci/seccomp/select.ts";
import type { Container } from "../container.ts";
import { appArmorFor } from "../create/security.ts";
import type { Env } from "../env.ts";
import { resolveUser } from "../rootfs/user.ts";
import { makeWorkingDir } from "../rootfs/working-dir.ts";
import { buildSpec } from "../spec/build.ts";
import { capabilitiesFor } from "../spec/capabilities.ts";
import { devicesFor } from "../spec/devices.ts";
import type { ReadyMount } from "../spec/mounts.ts";
import { rlimitsOf } from "../spec/resources.ts";
import { idsOf, mapFor } from "../userns.ts";
import { linkVariables } from "./links.ts";
import { namespacesOf } from "./namespaces.ts";

export interface Prepared {
  rootfs: string;
  netns: string;
  mounts: ReadyMount[];
  shm: Mount | undefined;
  init: boolean;
}

/** The runtime specification for one run of a container whose file systems and network are ready. */
export function specOf(env: Env, container: Container, prepared: Prepared): Spec {
  const { facts, config, hostConfig } = container;
  refuseDeviceRequests(container);
  const capabilities = capabilitiesFor(
    hostConfig.CapAdd ?? [],
    hostConfig.CapDrop ?? [],
    hostConfig.Privileged === true,
  );
  makeWorkingDir(prepared.rootfs, config.WorkingDir ?? "", idsOf(env));
  return buildSpec({
    id: container.id,
    config,
    hostConfig,
    path: facts.path,
    args: facts.args,
    rootfs: prepared.rootfs,
    user: resolveUser(prepared.rootfs, config.User ?? "", hostConfig.GroupAdd ?? []),
    capabilities,
    seccomp: hostConfig.Privileged
      ? undefined
      : seccompFor(facts.seccompProfile, env.config.seccompProfile, capabilities),
    apparmor: appArmorFor(facts.appArmorProfile),
    noNewPrivileges: facts.noNewPrivileges,
    rlimits: rlimitsOf(hostConfig, env.config.defaultUlimits),
    devices: devicesFor(hostConfig),
    mounts: prepared.mounts,
    shm: prepared.shm,
    namespaces: namespacesOf(env, container, prepared.netns),
    hostname: hostConfig.UTSMode === "host" ? "" : (config.Hostname ?? ""),
    cgroupsPath: cgroupPath(env, container),
    sysctls: sysctlsOf(container, prepared.netns, mapFor(env, hostConfig) !== undefined),
    init: prepared.init,
    linked: linkVariables(env, container),
    ids: mapFor(env, hostConfig),
    writableCgroups: idsOf(env) !== undefined,
  });
}

/** --gpus and the like need a driver that nobody has registered; stock's text. */
function refuseDeviceRequests({ hostConfig }: Container): void {
  const request = hostConfig.DeviceRequests?.[0];
  if (!request) return;
  const capabilities = (request.Capabilities ?? []).map((set) => `[${set.join(" ")}]`).join(" ");
  throw systemError(
    `could not select device driver ${JSON.stringify(request.Driver ?? "")} with capabilities: [${capabilities}]`,
  );
}

/** Path of the container's cgroup, as runtimes with the cgroupfs driver take it. */
export function cgroupPath(env: Env, container: Container): string {
  const parent = container.hostConfig.CgroupParent || env.config.cgroupParent || "/docker";
  return `${parent.startsWith("/") ? "" : "/"}${parent}/${container.id}`;
}

/** Docker lets containers of their own network bind low ports and ping without privileges. */
function sysctlsOf(
  { config, hostConfig }: Container,
  netns: string,
  remapped: boolean,
): Record<string, string> {
  const sysctls: Record<string, string> = {};
  const own = netns !== "host" && !hostConfig.NetworkMode?.startsWith("container:");
  if (own) {
    sysctls["net.ipv4.ip_unprivileged_port_start"] = "0";
    // Not all groups of that range exist in a user namespace.
    if (!remapped) sysctls["net.ipv4.ping_group_range"] = "0 2147483647";
  }
  if (config.Domainname && hostConfig.UTSMode !== "host") sysctls["kernel.domainname"] = config.Domainname;
  return { ...sysctls, ...hostConfig.Sysctls };
}
