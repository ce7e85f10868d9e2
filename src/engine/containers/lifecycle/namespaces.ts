import { conflict, notFound } from "../../../errors/errors.ts";
import type { LinuxNamespace, NamespaceType } from "../../../oci/runtime-spec.ts";
import type { Container } from "../container.ts";
import { containerOf } from "../create/modes.ts";
import type { Env } from "../env.ts";
import { mapFor } from "../userns.ts";

/** The running container that another one shares a namespace with. Errors: notFound, conflict with stock's texts. */
export function sharedContainer(env: Env, reference: string, what: string): Container {
  let other: Container;
  try {
    other = env.store.find(reference);
  } catch (cause) {
    throw notFound(`joining ${what} namespace of container ${reference}: No such container: ${reference}`, {
      cause,
    });
  }
  if (other.state.status === "restarting") {
    throw conflict(`Container ${other.id} is restarting, wait until the container is running`);
  }
  if (!other.state.hasTask) {
    throw conflict(
      `cannot join ${what} namespace of a non running container: container ${other.id} is ${other.state.status}`,
    );
  }
  return other;
}

/** Whether the runtime has to make a user namespace, and in it a network namespace, for the engine to fill. */
export function ownsUserAndNetwork(env: Env, { config, hostConfig }: Container): boolean {
  const shared = containerOf(hostConfig.NetworkMode) !== undefined;
  return mapFor(env, hostConfig) !== undefined && !shared && config.NetworkDisabled !== true;
}

/** The namespaces of a container; `netns` is the path of its network namespace, "host", or "" for a new one. */
export function namespacesOf(env: Env, container: Container, netns: string): LinuxNamespace[] {
  const { IpcMode, PidMode, UTSMode, CgroupnsMode } = container.hostConfig;
  const list: LinuxNamespace[] = [{ type: "mount" }];
  const user = userNamespaceOf(env, container);
  if (user) list.push(user);
  const add = (type: NamespaceType, mode: string | undefined, file: string, what: string) => {
    const other = containerOf(mode);
    if (other !== undefined) {
      const { state } = sharedContainer(env, other, what);
      list.push({ type, path: `/proc/${state.pid}/ns/${file}` });
    } else if (mode !== "host") list.push({ type });
  };
  if (netns === "") list.push({ type: "network" });
  else if (netns !== "host") list.push({ type: "network", path: netns });
  add("uts", UTSMode, "uts", "UTS");
  add("pid", PidMode, "pid", "PID");
  add("ipc", IpcMode, "ipc", "IPC");
  if (CgroupnsMode === "private") list.push({ type: "cgroup" });
  return list;
}

/** What shares a namespace with another container shares its user namespace too, as in stock. */
function userNamespaceOf(env: Env, { hostConfig }: Container): LinuxNamespace | undefined {
  if (!mapFor(env, hostConfig)) return undefined;
  const { NetworkMode, IpcMode, PidMode } = hostConfig;
  const shared = [
    [NetworkMode, "network"],
    [IpcMode, "IPC"],
    [PidMode, "PID"],
  ] as const;
  for (const [mode, what] of shared) {
    const other = containerOf(mode);
    if (other === undefined) continue;
    return { type: "user", path: `/proc/${sharedContainer(env, other, what).state.pid}/ns/user` };
  }
  return { type: "user" };
}
