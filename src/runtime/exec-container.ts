/** Runs a further process in a container: its namespaces and cgroup joined, the rest from its own document. */
import { failedPrecondition, invalidArgument } from "../errors/errors.ts";
import type { Cgroup, CgroupFolder } from "../linux/cgroup/cgroup.ts";
import { cgroupLayout, cgroupsOfProcess } from "../linux/cgroup/layout.ts";
import { readSmallFile } from "../linux/fd.ts";
import { readLink } from "../linux/folder.ts";
import { NAMESPACE_TYPES, NAMESPACES } from "../linux/namespaces.ts";
import { pathExists } from "../linux/path-exists.ts";
import type { Process } from "../oci/runtime-spec.ts";
import { compileExec, type ExecTarget } from "./compile/exec.ts";
import { type ConsoleTarget, checkPreserved, OpenDescriptors } from "./descriptors.ts";
import { gatherExecFacts } from "./facts.ts";
import { launch } from "./launch/launch.ts";
import { writePidFile } from "./pid-file.ts";
import { openInitProcess } from "./state/init-process.ts";
import { statusOf } from "./state/status.ts";
import { CACHE_FOLDER, type ContainerRecord, type StateStore } from "./state/store.ts";

export interface ExecOptions extends ConsoleTarget {
  process: Process;
  pidFile?: string;
  /** Path of a socket that gets a descriptor of the process. */
  pidfdSocket?: string;
  preserveFds: number;
  /** Folders below the container's cgroup, by controller ("" for all). */
  cgroups: ReadonlyMap<string, string>;
  ignorePaused: boolean;
  debug: (message: string) => void;
  failAt?: number;
}

/** What of the container is not our own. */
function targetOf({ pid, rootfs, spec, mountBefore }: ContainerRecord, rootless: boolean): ExecTarget {
  const target: ExecTarget = {
    ...{ namespaces: 0, inUserNamespace: false, hostMounts: mountBefore !== undefined },
    ...{ pid, rootfs, spec },
  };
  for (const type of NAMESPACE_TYPES) {
    const { file, flag } = NAMESPACES[type];
    // Root may enter what is its own already; nobody may enter the user namespace that he is in.
    if (type !== "user" && !rootless && spec.linux?.namespaces?.some((one) => one.type === type)) {
      target.namespaces |= flag;
      continue;
    }
    if (!pathExists(`/proc/self/ns/${file}`)) continue;
    if (readLink(`/proc/self/ns/${file}`) === readLink(`/proc/${pid}/ns/${file}`)) continue;
    target.namespaces |= flag;
    if (type === "user") target.inUserNamespace = true;
  }
  return target;
}

/**
 * On v2 no process may be in a folder whose children have controllers: a container that divides its own
 * cgroup has moved its first process to such a child, and others go there too.
 */
function whereInitIs(folder: CgroupFolder, pid: number): CgroupFolder {
  if (folder.version !== 2 || readSmallFile(`${folder.path}/cgroup.subtree_control`).trim() === "")
    return folder;
  const unified = cgroupLayout().hierarchies.find((h) => h.version === 2);
  const path = cgroupsOfProcess(pid).get("");
  return unified && path !== undefined ? { ...folder, path: `${unified.mountpoint}${path}` } : folder;
}

function execCgroup(record: ContainerRecord, wanted: ReadonlyMap<string, string>): Cgroup {
  const unknown = [...wanted.keys()].find(
    (name) => name !== "" && !record.cgroup.some((folder) => folder.controllers.includes(name)),
  );
  if (unknown !== undefined)
    throw invalidArgument(`unknown controller ${unknown} in --cgroup (the container has no such cgroup)`);
  return record.cgroup.map((folder) => {
    const sub = folder.controllers.map((name) => wanted.get(name)).find(Boolean) ?? wanted.get("");
    if (sub === undefined) return whereInitIs(folder, record.pid);
    if (sub.split("/").includes(".."))
      throw invalidArgument(`bad sub cgroup path: ${sub} is not a sub cgroup path of the container's cgroup`);
    const path = `${folder.path}/${sub}`.replace(/\/+/g, "/").replace(/\/$/, "");
    if (!pathExists(path))
      throw invalidArgument(
        `--cgroup ${sub}: adding pid of the process: open ${path}/cgroup.procs: no such file or directory`,
      );
    return { ...folder, path };
  });
}

function checkStatus(store: StateStore, record: ContainerRecord, ignorePaused: boolean): void {
  const status = statusOf(store, record);
  if (status === "stopped") throw failedPrecondition("cannot exec in a stopped container");
  if (status === "paused" && !ignorePaused)
    throw failedPrecondition("cannot exec in a paused container (use --ignore-paused to override)");
}

/** Starts the process and returns its id when its command runs; it is then a child of this process. */
export async function execInContainer(
  store: StateStore,
  record: ContainerRecord,
  options: ExecOptions,
): Promise<number> {
  checkStatus(store, record, options.ignorePaused);
  checkPreserved(options.preserveFds);
  const open = new OpenDescriptors();
  try {
    const init = openInitProcess(record);
    if (init === undefined) throw failedPrecondition("cannot exec in a stopped container");
    const pidfd = open.keep(init);
    const descriptors = { preserve: options.preserveFds, ...open.console(options), pidfd };
    const facts = await gatherExecFacts(record, {
      cgroup: execCgroup(record, options.cgroups),
      seccompFolder: `${store.root}/${CACHE_FOLDER}`,
      fds: descriptors,
      ...(options.consoleFd === undefined ? {} : { consoleFd: options.consoleFd }),
      preserveFds: options.preserveFds,
      labelled: Boolean(options.process.selinuxLabel),
      ...(options.pidFile === undefined ? {} : { pidFile: options.pidFile }),
    });
    const plan = compileExec(options.process, targetOf(record, facts.rootless), facts);
    const notify = facts.seccomp?.listener ? await import("./seccomp-notify.ts") : undefined;
    const handover = options.pidfdSocket === undefined ? undefined : await import("./pidfd-socket.ts");
    const handlers = {
      started: () => {},
      sync: () => "",
      listener: (fd: number, pid: number) => notify?.passListener(fd, record, pid),
      ready: (pid: number) => {
        if (options.pidFile !== undefined) writePidFile(options.pidFile, pid);
        handover?.passPidfd(options.pidfdSocket!, pid);
        options.debug("setns_init: about to exec the command");
      },
      debug: options.debug,
    };
    return await launch(plan, descriptors, handlers, options.failAt);
  } finally {
    open.close();
  }
}
