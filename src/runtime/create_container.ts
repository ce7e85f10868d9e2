/** Makes a container: state, cgroup, FIFO, process. What fails half way leaves nothing behind. */
import { invalidArgument } from "../errors/errors.ts";
import { applyLimits } from "../linux/cgroup/apply.ts";
import { createCgroup, removeCgroup } from "../linux/cgroup/cgroup.ts";
import { closeFd, O_RDWR, openFd } from "../linux/fd.ts";
import { makeFifo } from "../linux/fifo.ts";
import { pathExists } from "../linux/path_exists.ts";
import { processStat } from "../linux/process_stat.ts";
import { connectUnix } from "../linux/unix_socket.ts";
import type { Spec } from "../oci/runtime-spec.ts";
import { compileContainer, rootPathOf } from "./compile/container.ts";
import { gatherFacts } from "./facts.ts";
import { type Descriptors, type Handlers, launch, slotsOf } from "./launch/launch.ts";
import { writePidFile } from "./pid_file.ts";
import { readSpec } from "./read_spec.ts";
import type { ContainerRecord, StateStore } from "./state/store.ts";

export interface CreateOptions {
  bundle: string;
  pidFile?: string;
  /** Path of a socket that gets the terminal's master. */
  consoleSocket?: string;
  /** The same, already connected. */
  consoleFd?: number;
  preserveFds: number;
  noPivot: boolean;
  noNewKeyring: boolean;
  /** Stop before the command until "start"; else it runs at once. */
  wait: boolean;
  failAt?: number;
}

function newRecord(id: string, spec: Spec, bundle: string): ContainerRecord {
  return {
    id,
    ociVersion: spec.ociVersion,
    bundle,
    pid: 0,
    startTime: "",
    created: new Date().toISOString(),
    cgroup: [],
    rootfs: rootPathOf(spec, bundle),
    owner: process.getuid?.() ?? 0,
    spec,
  };
}

/** The terminal's socket must be given exactly when the container has a terminal. */
function checkConsole(spec: Spec, options: CreateOptions): void {
  const given = options.consoleSocket !== undefined || options.consoleFd !== undefined;
  if (spec.process?.terminal && !given)
    throw invalidArgument("cannot allocate tty if runc will detach without setting console socket");
  if (!spec.process?.terminal && given)
    throw invalidArgument("cannot use console socket if runc will not detach or allocate tty");
}

/** What only some containers need. */
interface LateModules {
  hooks?: typeof import("./hooks.ts");
  mapping?: typeof import("./id_mapping.ts");
  notify?: typeof import("./seccomp_notify.ts");
}

async function loadLate({ hooks, linux }: Spec): Promise<LateModules> {
  const late: LateModules = {};
  if (hooks) late.hooks = await import("./hooks.ts");
  if (linux?.namespaces?.some((n) => n.type === "user" && !n.path))
    late.mapping = await import("./id_mapping.ts");
  if (linux?.seccomp?.listenerPath) late.notify = await import("./seccomp_notify.ts");
  return late;
}

class Creation {
  readonly #store: StateStore;
  readonly #record: ContainerRecord;
  readonly #spec: Spec;
  readonly #options: CreateOptions;
  readonly #open: number[] = [];

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
      const facts = await gatherFacts(id, this.#spec, {
        ...this.#options,
        seccompFolder: `${this.#store.root}/.cache`,
        fds: slotsOf(descriptors),
      });
      const plan = compileContainer(this.#spec, facts, this.#options.wait);
      this.#record.cgroup = facts.cgroup;
      this.#store.save(this.#record);
      createCgroup(facts.cgroup);
      if (facts.cgroup.length > 0)
        await applyLimits(facts.cgroup, this.#spec.linux?.resources ?? {}, { devices: true });
      const late = await loadLate(this.#spec);
      launch(plan, descriptors, this.#handlers(late), this.#options.failAt);
    } finally {
      for (const fd of this.#open) closeFd(fd);
    }
  }

  #descriptors(): Descriptors {
    const { preserveFds, consoleFd, consoleSocket, wait } = this.#options;
    const keep = (fd: number) => {
      this.#open.push(fd);
      return fd;
    };
    const descriptors: Descriptors = { preserve: preserveFds };
    if (consoleFd !== undefined) descriptors.console = consoleFd;
    else if (consoleSocket !== undefined) descriptors.console = keep(connectUnix(consoleSocket));
    if (wait) {
      const path = this.#store.fifo(this.#record.id);
      makeFifo(path, 0o622);
      // Both ends, so that opening does not wait; the writer of "start" comes by the path.
      descriptors.fifo = keep(openFd(path, O_RDWR));
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
        late.mapping?.writeMappings(pid, this.#spec.linux!);
      },
      sync: () => late.hooks?.runRuntimeHooks(record) ?? "",
      listener: (fd: number) => late.notify?.passListener(fd, record),
      ready: (pid: number) => {
        if (this.#options.pidFile !== undefined) writePidFile(this.#options.pidFile, pid);
      },
    };
  }
}

/** Creates a container and returns its record; throws with nothing left behind. */
export async function createContainer(
  store: StateStore,
  id: string,
  options: CreateOptions,
): Promise<ContainerRecord> {
  const spec = readSpec(options.bundle);
  checkConsole(spec, options);
  const record = newRecord(id, spec, options.bundle);
  store.claim(id);
  try {
    await new Creation(store, record, options).run();
    return record;
  } catch (error) {
    try {
      removeCgroup(record.cgroup);
    } finally {
      store.remove(id);
    }
    throw error;
  }
}

/** Whether a bundle is there at all, for a clearer error than that of a missing file. */
export function checkBundle(bundle: string): void {
  if (!pathExists(bundle)) throw invalidArgument(`bundle ${bundle} does not exist`);
}
