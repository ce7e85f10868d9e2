import { conflict, notFound } from "../../../errors/errors.ts";
import type { LinuxNamespace, NamespaceType } from "../../../oci/runtime-spec.ts";
import type { Container } from "../container.ts";
import { containerOf } from "../create/modes.ts";
import type { Env } from "../env.ts";

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

/** The namespaces of a container; `netns` is the path of its network namespace, "host", or "" for a new one. */
export function namespacesOf(env: Env, container: Container, netns: string): LinuxNamespace[] {
  const { IpcMode, PidMode, UTSMode, CgroupnsMode } = container.hostConfig;
  const list: LinuxNamespace[] = [{ type: "mount" }];
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
