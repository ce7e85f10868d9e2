/** Makes a container from image files, by CRIU's restore. What fails half way leaves nothing behind. */
import { systemError } from "../../errors/errors.ts";
import { applyLimits } from "../../linux/cgroup/apply.ts";
import { createCgroup, removeCgroup } from "../../linux/cgroup/cgroup.ts";
import { cgroupsOfProcess } from "../../linux/cgroup/layout.ts";
import { closeFd, makeFolder, O_RDWR, openFd, writeControlFile } from "../../linux/fd.ts";
import { removeFolder } from "../../linux/folder.ts";
import { MS, mount } from "../../linux/mount.ts";
import { inMountsOf, inOwnMounts } from "../../linux/mount-namespace.ts";
import { processStat } from "../../linux/process-stat.ts";
import { sendDescriptor } from "../../linux/send-descriptor.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import { makeRdtGroup, newRecord } from "../create-container.ts";
import { type ConsoleTarget, OpenDescriptors } from "../descriptors.ts";
import { releaseOddities, stopUnit } from "../destroy.ts";
import { gatherFacts } from "../facts.ts";
import { killAll } from "../kill-all.ts";
import { writePidFile } from "../pid-file.ts";
import type { ContainerRecord, StateStore } from "../state/store.ts";
import { openScopeFor } from "../systemd-cgroup.ts";
import { configuration, type Folders, type Options } from "./flags.ts";
import { failWithLog, folderOptions } from "./images.ts";
import { REQUEST } from "./messages.ts";
import { makeMountPoint, mountPoints } from "./mount-points.ts";
import { outsideMounts, restoredMounts } from "./mounts.ts";
import { restoredNamespaces } from "./namespaces.ts";
import { CriuSession, type Notification } from "./session.ts";
import { inheritedStreams } from "./streams.ts";

const LOG = "restore.log";
const SIGKILL = 9;
/** CRIU's descriptors 0 to 3 are its streams and the conversation. */
const FIRST_EXTRA = 4;

export interface RestoreOptions extends ConsoleTarget {
  spec: Spec;
  bundle: string;
  folders: Folders;
  /** From the flags. */
  criu: Options;
  pidFile?: string;
  systemdCgroup: boolean;
}

class Restoration {
  readonly #store: StateStore;
  readonly #record: ContainerRecord;
  readonly #options: RestoreOptions;
  readonly #open = new OpenDescriptors();
  #release: (() => void) | undefined;

  constructor(store: StateStore, record: ContainerRecord, options: RestoreOptions) {
    this.#store = store;
    this.#record = record;
    this.#options = options;
  }

  async run(): Promise<void> {
    const record = this.#record;
    const { spec, folders, pidFile } = this.#options;
    try {
      const criu = await this.#prepare();
      const hooks = spec.hooks ? await import("../hooks.ts") : undefined;
      const console = this.#open.console(this.#options).console;
      const session = this.#start(criu);
      try {
        session.run({ type: REQUEST.restore, options: criu }, (notification) =>
          this.#notified(notification, hooks, console),
        );
      } catch (error) {
        failWithLog(error, folders, LOG);
      }
      if (record.pid === 0) throw systemError("criu failed: it restored no process");
      if (pidFile !== undefined) writePidFile(pidFile, record.pid);
    } finally {
      this.#open.close();
      this.#release?.();
    }
  }

  /** The cgroup with its limits, mount points, and all that CRIU must know. */
  async #prepare(): Promise<Options> {
    const record = this.#record;
    const { spec, bundle, folders, criu, systemdCgroup } = this.#options;
    const { seccomp: _, ...linux } = spec.linux ?? {};
    const scope = systemdCgroup ? await openScopeFor(record) : undefined;
    this.#release = scope?.release;
    const facts = await gatherFacts(
      record.id,
      { ...spec, linux },
      {
        bundle,
        seccompFolder: undefined,
        fds: {},
        preserveFds: 0,
        noPivot: false,
        noNewKeyring: false,
        ...(scope ? { cgroup: scope.cgroup } : {}),
      },
    );
    record.cgroup = facts.cgroup;
    this.#store.save(record);
    createCgroup(facts.cgroup);
    if (facts.cgroup.length > 0) await applyLimits(facts.cgroup, linux.resources ?? {}, { devices: true });
    await makeRdtGroup(record, this.#store);
    for (const point of mountPoints(spec, bundle, record.rootfs)) makeMountPoint(point);
    const masked = linux.maskedPaths ?? [];
    return {
      ...criu,
      ...configuration(spec.annotations),
      evasiveDevices: true,
      restoreSibling: true,
      externalMounts: restoredMounts(outsideMounts(spec, facts, record.rootfs), masked),
      inheritFds: inheritedStreams(folders.images),
    };
  }

  /** Starts CRIU in the container's cgroup and with the root as a mount of its own, as it wants it. */
  #start(criu: Options): CriuSession {
    const extra: number[] = [];
    const namespaces = restoredNamespaces(this.#options.spec, FIRST_EXTRA, (fd) => {
      extra.push(this.#open.keep(fd));
    });
    criu.inheritFds = [...criu.inheritFds!, ...namespaces.inherited];
    criu.joinNamespaces = namespaces.joined;
    criu.root = `${this.#store.folder(this.#record.id)}/criu-root`;
    makeFolder(criu.root, 0o755);
    const session = inOwnMounts(() => {
      mount(this.#record.rootfs, criu.root!, "", MS.BIND | MS.REC);
      // CRIU mounts in its work folder, which must be one of its own namespace.
      Object.assign(
        criu,
        folderOptions(this.#options.folders, LOG, (fd) => this.#open.keep(fd)),
      );
      return new CriuSession(this.#streams(), extra);
    });
    for (const { path } of this.#record.cgroup) writeControlFile(`${path}/cgroup.procs`, String(session.pid));
    const { rdt } = this.#record;
    for (const path of rdt ? [rdt.path, rdt.monitoring] : [])
      if (path !== undefined) writeControlFile(`${path}/tasks`, String(session.pid));
    criu.cgroupRoots = [...cgroupsOfProcess(session.pid)].map(([ctrl, path]) => ({ ctrl, path }));
    return session;
  }

  #streams(): [number, number, number] {
    if (!this.#options.spec.process?.terminal) return [0, 1, 2];
    const none = this.#open.keep(openFd("/dev/null", O_RDWR));
    return [none, none, none];
  }

  #notified(
    { script, pid, fd }: Notification,
    hooks: typeof import("../hooks.ts") | undefined,
    console: number | undefined,
  ): void {
    const record = this.#record;
    if (script === "setup-namespaces") {
      record.pid = pid;
      hooks?.runRuntimeHooks(record);
    } else if (script === "post-restore") {
      // CRIU brings back the attributes of all mounts but the root's.
      if (record.spec.root?.readonly)
        inMountsOf(pid, () => mount("none", "/", "", MS.BIND | MS.REMOUNT | MS.RDONLY));
      record.pid = pid;
      record.startTime = processStat(pid)?.startTime ?? "";
      this.#store.save(record);
    } else if (script === "orphan-pts-master" && fd !== undefined && console !== undefined)
      sendDescriptor(console, fd, new TextEncoder().encode("/dev/ptmx"));
    if (fd !== undefined) closeFd(fd);
  }

  /** The folder that was CRIU's root; the mount on it has gone with CRIU. */
  tidy(): void {
    try {
      removeFolder(`${this.#store.folder(this.#record.id)}/criu-root`);
    } catch {
      // It had not come to that.
    }
  }
}

/** Restores a container and returns its record; its process is a child of this one. */
export async function restore(
  store: StateStore,
  id: string,
  options: RestoreOptions,
): Promise<ContainerRecord> {
  const record = newRecord(id, { ...options, noNewKeyring: false });
  store.claim(id);
  const restoration = new Restoration(store, record, options);
  try {
    await restoration.run();
    restoration.tidy();
    return record;
  } catch (error) {
    try {
      killAll(record, SIGKILL);
      removeCgroup(record.cgroup);
      await releaseOddities(record, { failed: true });
      await stopUnit(record);
    } finally {
      restoration.tidy();
      store.remove(id);
    }
    throw error;
  }
}
