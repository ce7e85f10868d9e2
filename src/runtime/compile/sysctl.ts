/** linux.sysctl → writes below /proc/sys; only those that a namespace of the container keeps from the host. */
import { invalidArgument } from "../../errors/errors.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import type { Plan } from "../plan/ops.ts";
import { isNew, namespacesOf } from "./namespaces.ts";

const IPC = new Set([
  "kernel.msgmax",
  "kernel.msgmnb",
  "kernel.msgmni",
  "kernel.sem",
  "kernel.shmall",
  "kernel.shmmax",
  "kernel.shmmni",
  "kernel.shm_rmid_forced",
]);

/** "net.ipv4.conf.eth0/1.x" and "net/ipv4/..." → path components, with the roles of "." and "/" as sysctl(8) has them. */
function pathOf(key: string): string {
  const slashed = /^[^.]*\//.test(key);
  return slashed ? key : key.replace(/[./]/g, (c) => (c === "." ? "/" : "."));
}

function check(spec: Spec, key: string, tag: string): void {
  const name = pathOf(key).replaceAll("/", ".");
  const needs = (type: "ipc" | "network") => {
    if (!namespacesOf(spec).has(type))
      throw invalidArgument(`${tag}: sysctl ${key} is not allowed in the hosts ${type} namespace`);
  };
  if (IPC.has(name) || name.startsWith("fs.mqueue.")) return needs("ipc");
  if (name.startsWith("net.")) return needs("network");
  if (name === "kernel.domainname" && isNew(spec, "uts")) {
    if (spec.domainname && spec.domainname !== spec.linux?.sysctl?.[key])
      throw invalidArgument(`${tag}: sysctl kernel.domainname conflicts with domainname: remove one of them`);
    return;
  }
  if (name.startsWith("user.") && isNew(spec, "user")) return;
  throw invalidArgument(`${tag}: sysctl ${JSON.stringify(key)} is not in a separate kernel namespace`);
}

export function compileSysctls(spec: Spec): Plan {
  return Object.entries(spec.linux?.sysctl ?? {}).map(([key, value]) => {
    const tag = `linux.sysctl[${JSON.stringify(key)}]`;
    check(spec, key, tag);
    const path = pathOf(key);
    if (path.split("/").some((part) => part === ".." || part === "" || part === "."))
      throw invalidArgument(`${tag}: not a name of a sysctl`);
    return { op: "writeProc", tag, path: `sys/${path}`, content: String(value) };
  });
}
