/** The `start` action: a listening socket, a daemon that serves it, its address on stdout. Milliseconds count. */
import { errnoOf, systemError } from "../errors/errors.ts";
import {
  closeFd,
  makeFolder,
  O_RDWR,
  openFd,
  readSmallFile,
  readToEnd,
  replaceSmallFile,
  unlinkIfThere,
  writeControlFile,
} from "../linux/fd.ts";
import { spawn } from "../linux/spawn.ts";
import { listenUnix, unixAnswers } from "../linux/unix-socket.ts";
import { Options } from "../proto/containerd/runc/v1/options.ts";
import { Any } from "../proto/google/protobuf/any.ts";
import { SLEEPER_SETTINGS } from "../version/same-build.ts";
import { socketFolder, socketPath } from "./bundle.ts";
import type { Flags } from "./flags.ts";

/** Annotations of config.json that put several containers into one shim. */
const GROUP_ANNOTATIONS = ["io.containerd.runc.v2.group", "io.kubernetes.cri.sandbox-id"];

/** What `start` has come to. */
export interface Started {
  /** The address to print. */
  address: string;
  /** A listening socket that this process is to serve itself. */
  listener?: number;
}

/** Starts the shim of a container, or finds the one of its group. With `stay` this process is to be the shim. */
export function start(flags: Flags, stay: boolean): Started {
  const group = groupOf(readSmallFile("config.json")) ?? flags.id;
  const path = socketPath(flags.address, flags.namespace, group);
  const address = `unix://${path}`;
  makeFolder(socketFolder().slice(0, socketFolder().lastIndexOf("/")), 0o711);
  makeFolder(socketFolder(), 0o700);
  const listener = listen(path);
  replaceSmallFile("address", address, 0o600);
  if (listener === undefined) return { address };
  try {
    const pid = stay ? process.pid : spawnDaemon(flags, listener);
    replaceSmallFile("shim.pid", String(pid), 0o644);
    joinCgroup(pid);
    raiseOOMScore(pid);
  } catch (cause) {
    unlinkIfThere(path);
    throw systemError(`cannot start the shim daemon: ${(cause as Error).message}`, { cause });
  }
  return stay ? { address, listener } : { address };
}

function groupOf(config: string): string | undefined {
  // Parsing costs more than looking, and most containers are not in a group.
  if (!GROUP_ANNOTATIONS.some((name) => config.includes(name))) return undefined;
  const { annotations } = JSON.parse(config) as { annotations?: Record<string, string> };
  return GROUP_ANNOTATIONS.map((name) => annotations?.[name]).find((group) => group !== undefined);
}

/** A listening socket; undefined when a shim serves the path already. */
function listen(path: string): number | undefined {
  try {
    return listenUnix(path, 0o600);
  } catch (error) {
    if (errnoOf(error) !== "EADDRINUSE") throw error;
  }
  if (unixAnswers(path)) return undefined;
  unlinkIfThere(path);
  return listenUnix(path, 0o600);
}

/** This same program again, without an action: it serves. Nothing of ours is left open in it. */
function spawnDaemon(flags: Flags, listener: number): number {
  const none = openFd("/dev/null", O_RDWR);
  const program = process.argv[1] ?? "";
  // Run from source, the first argument is the script, which goes by the program's name as the next.
  const script = program.startsWith("/$bunfs/") ? [] : [program, "docker-containerd-shim"];
  const pid = spawn({
    path: process.execPath,
    argv: [
      script.length === 0 ? "docker-containerd-shim" : process.execPath,
      ...script,
      "-namespace",
      flags.namespace,
      "-id",
      flags.id,
      "-address",
      flags.address,
      ...(flags.debug ? ["-debug"] : []),
    ],
    env: [
      ...Object.entries(SLEEPER_SETTINGS).map(([name, value]) => `${name}=${value}`),
      ...Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ""}`),
    ],
    // The listener becomes descriptor 3: LISTENER_FD of the daemon.
    fds: [none, none, none, listener],
    setsid: true,
  });
  closeFd(none);
  closeFd(listener);
  return pid;
}

/** Task options come on stdin: one of them may name a control group for the shim. */
function joinCgroup(pid: number): void {
  const { typeUrl, value } = Any.decode(readToEnd(0));
  if (!typeUrl.endsWith("containerd.runc.v1.Options")) return;
  const { shimCgroup } = Options.decode(value);
  if (shimCgroup === "" || shimCgroup.split("/").includes("..")) return;
  const folders = [...new Bun.Glob("*/cgroup.procs").scanSync("/sys/fs/cgroup")];
  const hierarchies = folders.length === 0 ? [""] : folders.map((file) => `/${file.split("/")[0]}`);
  for (const hierarchy of hierarchies)
    writeControlFile(`/sys/fs/cgroup${hierarchy}/${shimCgroup}/cgroup.procs`, String(pid));
}

/** One above containerd's, so that when memory runs out the shim goes before containerd does. */
function raiseOOMScore(pid: number): void {
  try {
    const score = Math.min(
      1000,
      Number.parseInt(readSmallFile(`/proc/${process.ppid}/oom_score_adj`), 10) + 1,
    );
    writeControlFile(`/proc/${pid}/oom_score_adj`, String(score));
  } catch {
    // Lowering needs a capability, and all that is lost is the order among daemons.
  }
}
