/** What the shim keeps in the bundle folder, and where its socket is. File names and formats are containerd's. */
import { readSmallFile, replaceSmallFile } from "../linux/fd.ts";
import type { Options } from "../proto/containerd/runc/v1/options.ts";

/** Where runtimes keep their state when the client names no other place; the namespace is added to it. */
const DEFAULT_RUNTIME_ROOT = "/run/containerd/runc";
const SOCKET_FOLDER = "/run/containerd/s";

/** The folder of the shims' sockets. */
export const socketFolder = (): string => SOCKET_FOLDER;

/** The socket of the shim that serves `group` (a container, or a pod's sandbox) of a containerd. */
export function socketPath(containerdAddress: string, namespace: string, group: string): string {
  const name = [containerdAddress, namespace, group].join("/").replace(/\/{2,}/g, "/");
  return `${SOCKET_FOLDER}/${new Bun.CryptoHasher("sha256").update(name).digest("hex")}`;
}

/** --root for the runtime. */
export function runtimeRoot(options: { root: string }, namespace: string): string {
  return `${options.root === "" ? DEFAULT_RUNTIME_ROOT : options.root}/${namespace}`;
}

/** Keeps the options, which `delete` needs after a crash. */
export function writeOptions(bundle: string, options: Options, binary: string): void {
  const stored = {
    no_pivot_root: options.noPivotRoot || undefined,
    no_new_keyring: options.noNewKeyring || undefined,
    shim_cgroup: options.shimCgroup || undefined,
    io_uid: options.ioUid || undefined,
    io_gid: options.ioGid || undefined,
    binary_name: binary,
    root: options.root || undefined,
    systemd_cgroup: options.systemdCgroup || undefined,
  };
  replaceSmallFile(`${bundle}/options.json`, JSON.stringify(stored), 0o600);
  replaceSmallFile(`${bundle}/runtime`, binary, 0o600);
}

/** What writeOptions() kept, as far as `delete` needs it; defaults where the task was never created. */
export function readOptions(bundle: string): { binary: string; root: string; systemdCgroup: boolean } {
  try {
    const stored = JSON.parse(readSmallFile(`${bundle}/options.json`)) as Record<string, unknown>;
    return {
      binary: typeof stored["binary_name"] === "string" ? stored["binary_name"] : "",
      root: typeof stored["root"] === "string" ? stored["root"] : "",
      systemdCgroup: stored["systemd_cgroup"] === true,
    };
  } catch {
    return { binary: "", root: "", systemdCgroup: false };
  }
}

/** A process id that the runtime wrote. */
export function readPidFile(path: string): number {
  const pid = Number.parseInt(readSmallFile(path), 10);
  if (!Number.isInteger(pid) || pid <= 0) throw new Error(`${path} holds no process id`);
  return pid;
}
