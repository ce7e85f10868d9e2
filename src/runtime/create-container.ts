/** Makes a container: state, cgroup, FIFO, process. What fails half way leaves nothing behind. */
import { failedPrecondition, invalidArgument, systemError } from "../errors/errors.ts";
import { applyLimits } from "../linux/cgroup/apply.ts";
import { type Cgroup, cgroupProcesses, createCgroup, removeCgroup } from "../linux/cgroup/cgroup.ts";
import { isFrozen } from "../linux/cgroup/freezer.ts";
import { oomKills } from "../linux/cgroup/oom-kills.ts";
import { realtimeStamp } from "../linux/clock.ts";
import { O_RDWR, openFd } from "../linux/fd.ts";
import { makeFifo } from "../linux/fifo.ts";
import { pathExists } from "../linux/path-exists.ts";
import { processStat } from "../linux/process-stat.ts";
import { seccompDigest } from "../linux/seccomp/cache.ts";
import type { Spec } from "../oci/runtime-spec.ts";
import { compileContainer, hasOwnMounts, rootPathOf } from "./compile/container.ts";
import { isNew } from "./compile/namespaces.ts";
import { movedDevices } from "./compile/net-devices.ts";
import { type ConsoleTarget, checkPreserved, OpenDescriptors, ownStreams } from "./descriptors.ts";
import { releaseOddities, stopUnit } from "./destroy.ts";
import { gatherFacts } from "./facts.ts";
import { runRuntimeHooks } from "./hooks.ts";
import { writeMappings } from "./id-mapping.ts";
import { type Descriptors, type Handlers, launch } from "./launch/launch.ts";
import { writePidFile } from "./pid-file.ts";
import { type Plan, SYNC } from "./plan/ops.ts";
import { CACHE_FOLDER, type ContainerRecord, type StateStore } from "./state/store.ts";

export interface CreateOptions extends ConsoleTarget {
  spec: Spec;
  bundle: string;
  pidFile?: string;
  /** Path of a socket that gets a descriptor of the process. */
  pidfdSocket?: string;
  preserveFds: number;
  noPivot: boolean;
  noNewKeyring: boolean;
  /** Let systemd make the cgroup. */
  systemdCgroup?: boolean;
  /** Stop before the command until "start"; else it runs at once. */
  wait: boolean;
  failAt?: number;
  warn: (message: string) => void;
  debug: (message: string) => void;
}

/** What is known of a container before there is a process. */
export function newRecord(
  id: string,
  { spec, bundle, noNewKeyring }: Pick<CreateOptions, "spec" | "bundle" | "noNewKeyring">,
): ContainerRecord {
  return {
    id,
    ociVersion: spec.ociVersion,
    bundle,
    pid: 0,
    startTime: "",
    created: realtimeStamp(),
    cgroup: [],
    rootfs: rootPathOf(spec, bundle),
    owner: process.getuid?.() ?? 0,
    ...(noNewKeyring ? { noNewKeyring } : {}),
    streams: ownStreams(),
    spec,
  };
}

/** What only some containers need. */
interface LateModules {
  pidfd?: typeof import("./pidfd-socket.ts");
  notify?: typeof import("./seccomp-notify.ts");
  devices?: typeof import("./move-devices.ts");
}

async function loadLate({ linux }: Spec, { pidfdSocket }: CreateOptions): Promise<LateModules> {
  const late: LateModules = {};
  if (pidfdSocket !== undefined) late.pidfd = await import("./pidfd-socket.ts");
  if (linux?.seccomp?.listenerPath) late.notify = await import("./seccomp-notify.ts");
  if (linux?.netDevices) late.devices = await import("./move-devices.ts");
  return late;
}

/** In runc's words, which people search for. */
const outOfMemory = (cause: unknown) =>
  systemError(
    "unable to start container process: container init was OOM-killed (memory limit too low?): raise linux.resources.memory.limit",
    { cause },
  );

/** A cgroup that was there before: processes in it share the limits; a frozen one would stop ours for ever. */
function checkUnused(cgroup: Cgroup, warn: (message: string) => void): void {
  if (!cgroup.some(({ path }) => pathExists(path))) return;
  if (isFrozen(cgroup))
    throw failedPrecondition(
      "unable to start container process: container's cgroup unexpectedly frozen: thaw it, or choose another linux.cgroupsPath",
    );
  const count = cgroupProcesses(cgroup).length;
  if (count > 0) warn(`container's cgroup is not empty: ${count} process(es) found`);
}

/** The group in the resctrl file system that config.json asks for; remembered, so that it can be removed. */
export async function makeRdtGroup(record: ContainerRecord, store: StateStore): Promise<void> {
  const config = record.spec.linux?.intelRdt;
  if (!config) return;
  record.rdt = (await import("./intel-rdt.ts")).createRdtGroup(record.id, config);
  store.save(record);
}

/** What removes the device nodes again that the plan is about to make on the root file system; mostly nothing. */
async function nodesTakenBack(plan: Plan, root: string): Promise<() => void> {
  const covered = plan.some((op) => op.op === "mount" && op.target === "/dev");
  if (!plan.some((op) => op.op === "mknod" && !(covered && String(op.path).startsWith("/dev/"))))
    return () => {};
  const { missingNodes, removeNodes } = await import("./root-nodes.ts");
  const nodes = missingNodes(plan, root);
  return () => removeNodes(nodes, root);
}

class Creation {
  readonly #store: StateStore;
  readonly #record: ContainerRecord;
  readonly #spec: Spec;
  readonly #options: CreateOptions;
  readonly #open = new OpenDescriptors();
  #release: (() => void) | undefined;

  constructor(store: StateStore, record: ContainerRecord, options: CreateOptions) {
    this.#store = store;
    this.#record = record;
    this.#spec = record.spec;
    this.#options = options;
  }

  async run(): Promise<void> {
    const { id } = this.#record;
    const descriptors = this.#descriptors();
    try {
      const profile = this.#spec.linux?.seccomp;
      const text = profile && JSON.stringify(profile);
      const digest = profile && text && seccompDigest(profile, text);
      const facts = await gatherFacts(id, this.#spec, {
        ...this.#options,
        ...(await this.#scope()),
        seccompFolder: `${this.#store.root}/${CACHE_FOLDER}`,
        ...(digest ? { seccompDigest: digest } : {}),
        fds: descriptors,
      });
      if (this.#spec.linux?.mountLabel && !facts.selinux)
        this.#options.warn("linux.mountLabel is left out: SELinux is not enabled on this host");
      if (facts.seccomp) this.#options.debug(`seccomp filter flags: ${facts.seccomp.flags}`);
      const plan = compileContainer(this.#spec, facts, this.#options.wait);
      if (!this.#options.systemdCgroup) checkUnused(facts.cgroup, this.#options.warn);
      this.#record.cgroup = facts.cgroup;
      if (text && digest && facts.seccomp)
        this.#record.seccomp = { text, digest, flags: facts.seccomp.flags, listener: facts.seccomp.listener };
      if (!hasOwnMounts(this.#spec))
        this.#record.mountBefore = (await import("./host-root.ts")).mountIdOf(this.#record.rootfs);
      this.#store.save(this.#record);
      createCgroup(facts.cgroup);
      if (facts.cgroup.length > 0)
        await applyLimits(facts.cgroup, this.#spec.linux?.resources ?? {}, {
          // Without root no program can be loaded for devices, of which none can be made either.
          devices: !facts.rootless,
        });
      await makeRdtGroup(this.#record, this.#store);
      const late = await loadLate(this.#spec, this.#options);
      const takeBack = await nodesTakenBack(plan, this.#record.rootfs);
      await launch(plan, descriptors, this.#handlers(late), this.#options.failAt).catch((error: unknown) => {
        takeBack();
        throw oomKills(facts.cgroup) > 0 ? outOfMemory(error) : error;
      });
    } finally {
      this.#open.close();
      this.#release?.();
    }
  }

  /** The cgroup that systemd has made, if it is to make it. */
  async #scope(): Promise<{ cgroup?: Cgroup }> {
    if (!this.#options.systemdCgroup) return {};
    const { openScopeFor } = await import("./systemd-cgroup.ts");
    const { cgroup, release } = await openScopeFor(this.#record);
    this.#release = release;
    return { cgroup };
  }

  #descriptors(): Descriptors {
    const { preserveFds, wait } = this.#options;
    const descriptors: Descriptors = { preserve: preserveFds, ...this.#open.console(this.#options) };
    if (wait) {
      const path = this.#store.fifo(this.#record.id);
      makeFifo(path, 0o622);
      // Both ends, so that opening does not wait; the writer of "start" comes by the path.
      descriptors.fifo = this.#open.keep(openFd(path, O_RDWR));
    }
    return descriptors;
  }

  #handlers(late: LateModules): Handlers {
    const record = this.#record;
    return {
      started: (pid: number) => {
        record.pid = pid;
        record.startTime = processStat(pid)?.startTime ?? "";
        this.#store.save(record);
        if (isNew(this.#spec, "user")) writeMappings(pid, this.#spec.linux!);
      },
      sync: (point: number, pid: number) => {
        if (point !== SYNC.netDevices) return this.#spec.hooks ? runRuntimeHooks(record) : "";
        late.devices?.moveDevices(movedDevices(this.#spec, false), pid);
        return "";
      },
      listener: (fd: number) => late.notify?.passListener(fd, record, record.pid),
      ready: (pid: number) => {
        if (this.#options.pidFile !== undefined) writePidFile(this.#options.pidFile, pid);
        late.pidfd?.passPidfd(this.#options.pidfdSocket!, pid);
        this.#options.debug("init: closing the pipe to signal completion");
      },
      debug: this.#options.debug,
    };
  }
}

/** Creates a container and returns its record; throws with nothing left behind. */
export async function createContainer(
  store: StateStore,
  id: string,
  options: CreateOptions,
): Promise<ContainerRecord> {
  checkPreserved(options.preserveFds);
  const record = newRecord(id, options);
  store.claim(id);
  try {
    await new Creation(store, record, options).run();
    return record;
  } catch (error) {
    try {
      removeCgroup(record.cgroup);
      await releaseOddities(record, { failed: true });
      await stopUnit(record);
    } finally {
      store.remove(id);
    }
    throw await explained(error, options.bundle);
  }
}

/** Members of a wrong type, or missing ones, make the program itself stumble: `check` knows which they are. */
async function explained(error: unknown, bundle: string): Promise<unknown> {
  if (!(error instanceof TypeError || error instanceof RangeError)) return error;
  const { checkBundle } = await import("./check/check.ts");
  const [first] = await checkBundle(bundle);
  if (first === undefined) return error;
  const { pointer, problem, cure } = first;
  return invalidArgument(`config.json: ${pointer}: ${problem}: ${cure}`, { cause: error });
}
