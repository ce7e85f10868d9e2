/** The ttrpc service containerd.task.v2.Task: requests in, operations on tasks, events out. */
import { exists, notFound, notImplemented } from "../errors/errors.ts";
import { closeFd } from "../linux/fd.ts";
import { pathExists } from "../linux/path-exists.ts";
import { Options, ProcessDetails } from "../proto/containerd/runc/v1/options.ts";
import {
  type CheckpointTaskRequest,
  type CreateTaskRequest,
  type DeleteResponse,
  type PidsResponse,
  type StateResponse,
  TaskDefinition,
} from "../proto/containerd/task/v2/shim.ts";
import { Status } from "../proto/containerd/v1/types/task.ts";
import type { DeepPartial } from "../protobuf/message.ts";
import type { MethodDefinition, RequestOf, ResponseOf } from "../protobuf/service.ts";
import type { Call, Handler } from "../ttrpc/server.ts";
import { VERSION } from "../version/version.ts";
import { runtimeRoot, writeOptions } from "./bundle.ts";
import { type KeptWatch, memoryCgroupWatch, type OOMWatch, resumeWatch } from "./cgroup/oom.ts";
import { setLogBundle } from "./log.ts";
import { Process } from "./process.ts";
import type { Publisher } from "./publisher.ts";
import type { Exit, Reaper } from "./reaper.ts";
import { findRuntime, Runtime } from "./runtime.ts";
import { type KeptTask, Task, type TaskContext } from "./task.ts";
import { timestamp } from "./timestamp.ts";

/** All that a sleeping shim looks after, as data. */
export type KeptService = (KeptTask & { options: Options; binary: string; watch: KeptWatch })[];

/** The two versions have the same messages. */
const SERVICES = [TaskDefinition.fullName, "containerd.task.v3.Task"];
const TASK = TaskDefinition.methods;

/** States as containerd.v1.types.Status. */
const STATUS = {
  created: Status.CREATED,
  running: Status.RUNNING,
  stopped: Status.STOPPED,
  paused: Status.PAUSED,
  pausing: Status.PAUSING,
  deleted: Status.STOPPED,
} as const;

type Method = (payload: Uint8Array, call: Call) => Promise<Uint8Array>;

function method<M extends MethodDefinition>(
  { requestType, responseType }: M,
  run: (
    request: RequestOf<M>,
    call: Call,
  ) => Promise<DeepPartial<ResponseOf<M>>> | DeepPartial<ResponseOf<M>>,
): Method {
  return async (payload, call) => responseType.encode(await run(requestType.decode(payload), call));
}

export interface ServiceOptions {
  namespace: string;
  reaper: Reaper;
  publisher: Publisher;
  /** Called when containerd has no more use for this shim. */
  onShutdown(): void;
  /** Called before a task is made while there is no other: the shim is that container's now. */
  onSole(id: string): void;
}

export class TaskService {
  readonly #options: ServiceOptions;
  readonly #tasks = new Map<string, Task>();
  /** Ids of tasks that are being created. */
  readonly #reserved = new Set<string>();
  readonly #oomWatches = new Map<string, OOMWatch>();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** Whether there is no task left to look after. */
  get idle(): boolean {
    return this.#tasks.size === 0 && this.#reserved.size === 0;
  }

  /** Whether there is nothing that anybody could want: of what is left, the processes have ended and the bundles are gone. */
  get isAbandoned(): boolean {
    const over = (task: Task) => task.init.exit !== undefined && !pathExists(task.bundle);
    return this.#reserved.size === 0 && [...this.#tasks.values()].every(over);
  }

  /** What it takes to go on in another program; undefined unless all tasks run and nothing is under way. */
  keep(): KeptService | undefined {
    if (this.#reserved.size > 0 || this.idle) return undefined;
    const kept: KeptService = [];
    for (const task of this.#tasks.values()) {
      const one = task.keep();
      // Last, because v2's opens a file.
      const watch = one && this.#oomWatches.get(task.id)?.keep();
      if (one === undefined || watch === undefined) {
        for (const { watch } of kept) if (watch.version === 2) closeFd(watch.events);
        return undefined;
      }
      kept.push({ ...one, ...task.configuration, watch });
    }
    return kept;
  }

  /** Goes on with what another program has described by keep(). */
  async resume(kept: KeptService): Promise<void> {
    for (const { options, binary, watch: watched, ...rest } of kept) {
      setLogBundle(rest.bundle);
      const task = await Task.resume(rest, this.#contextOf(rest.bundle, options, binary));
      this.#tasks.set(task.id, task);
      const watch = await resumeWatch(watched, () => this.#tellOOM(task.id));
      this.#oomWatches.set(task.id, watch);
    }
  }

  /** Serves one call. */
  readonly handle: Handler = (call, payload) => {
    const found = SERVICES.includes(call.service) ? this.#methods[call.method] : undefined;
    if (found === undefined) throw notImplemented(`method ${call.service}/${call.method}`);
    return found(payload, call);
  };

  readonly #methods: Readonly<Record<string, Method | undefined>> = {
    State: method(TASK.state, (r) => this.#state(r.id, r.execId)),
    Create: method(TASK.create, (r) => this.#create(r)),
    Start: method(TASK.start, (r) => this.#start(r.id, r.execId)),
    Delete: method(TASK.delete, (r) => this.#delete(r.id, r.execId)),
    Pids: method(TASK.pids, (r) => this.#pids(r.id)),
    Pause: method(TASK.pause, async (r) => {
      await this.#task(r.id).pause();
      this.#options.publisher.publish("TaskPaused", { containerId: r.id });
      return {};
    }),
    Resume: method(TASK.resume, async (r) => {
      await this.#task(r.id).resume();
      this.#options.publisher.publish("TaskResumed", { containerId: r.id });
      return {};
    }),
    Checkpoint: method(TASK.checkpoint, (r) => this.#checkpoint(r)),
    Kill: method(TASK.kill, async (r) => {
      await this.#task(r.id).kill(r.execId, r.signal, r.all);
      return {};
    }),
    Exec: method(TASK.exec, (r) => {
      this.#task(r.id).addExec(r);
      this.#options.publisher.publish("TaskExecAdded", { containerId: r.id, execId: r.execId });
      return {};
    }),
    ResizePty: method(TASK.resizePty, (r) => {
      this.#process(r.id, r.execId).resize(r.width, r.height);
      return {};
    }),
    CloseIO: method(TASK.closeIO, (r) => {
      if (r.stdin) this.#process(r.id, r.execId).closeStdin();
      return {};
    }),
    Update: method(TASK.update, async (r) => {
      await this.#task(r.id).update(r.resources?.value ?? new Uint8Array(0));
      return {};
    }),
    Wait: method(TASK.wait, async (r) => {
      const exit = await this.#process(r.id, r.execId).ended();
      return { exitStatus: exit.status, exitedAt: timestamp(exit.at) };
    }),
    Stats: method(TASK.stats, async (r) => {
      const { statsOf } = await import("./cgroup/stats.ts");
      return { stats: statsOf(this.#task(r.id).init.pid) };
    }),
    Connect: method(TASK.connect, (r) => ({
      shimPid: process.pid,
      taskPid: this.#tasks.get(r.id)?.init.pid ?? 0,
      version: VERSION,
    })),
    Shutdown: method(TASK.shutdown, (r) => {
      // Other containers of the group still need the shim, unless the client insists.
      if (this.idle || r.now) this.#options.onShutdown();
      return {};
    }),
  };

  #task(id: string): Task {
    const task = this.#tasks.get(id);
    if (task === undefined) throw notFound("container not created: not found");
    return task;
  }

  #process(id: string, execId: string): Process {
    return this.#task(id).process(execId);
  }

  async #create(r: CreateTaskRequest): Promise<{ pid: number }> {
    if (this.#tasks.has(r.id) || this.#reserved.has(r.id)) throw exists(`task ${r.id} already exists`);
    if (this.idle) this.#options.onSole(r.id);
    this.#reserved.add(r.id);
    setLogBundle(r.bundle);
    try {
      const task = this.#newTask(r);
      await task.create(r);
      this.#tasks.set(r.id, task);
    } finally {
      this.#reserved.delete(r.id);
    }
    const { pid } = this.#task(r.id).init;
    this.#options.publisher.publish("TaskCreate", {
      containerId: r.id,
      bundle: r.bundle,
      rootfs: r.rootfs,
      io: { stdin: r.stdin, stdout: r.stdout, stderr: r.stderr, terminal: r.terminal },
      checkpoint: r.checkpoint,
      pid,
    });
    return { pid };
  }

  #newTask(r: CreateTaskRequest): Task {
    const options = Options.decode(r.options?.value ?? new Uint8Array(0));
    const binary = findRuntime(options.binaryName);
    writeOptions(r.bundle, options, binary);
    return new Task(new Process(r.id, r), r.bundle, r.checkpoint, this.#contextOf(r.bundle, options, binary));
  }

  #contextOf(bundle: string, options: Options, binary: string): TaskContext {
    const { namespace, reaper } = this.#options;
    const root = runtimeRoot(options, namespace);
    const runtime = new Runtime({ binary, root, bundle, systemdCgroup: options.systemdCgroup }, reaper);
    const onExit = (task: Task, process: Process, exit: Exit) => this.#exited(task, process, exit);
    return { namespace, reaper, runtime, options, onExit };
  }

  #exited(task: Task, process: Process, exit: Exit): void {
    const tell = () =>
      this.#options.publisher.publish("TaskExit", {
        containerId: task.id,
        id: process.id,
        pid: process.pid,
        exitStatus: exit.status,
        exitedAt: timestamp(exit.at),
      });
    if (process !== task.init) {
      tell();
      return;
    }
    const watch = this.#oomWatches.get(task.id);
    this.#oomWatches.delete(task.id);
    // Why it ended is told before that it did.
    watch?.check();
    if (task.endsWithInit()) {
      // First what others wait for.
      tell();
      watch?.stop();
      return;
    }
    watch?.stop();
    // Exec'd processes that the end of the init leaves alive are killed before anybody hears of the end.
    void task.killRest().finally(tell);
  }

  async #start(id: string, execId: string): Promise<{ pid: number }> {
    const task = this.#task(id);
    const { publisher } = this.#options;
    const { pid } = await task.start(execId, (process) => {
      if (execId === "") publisher.publish("TaskStart", { containerId: id, pid: process.pid });
      else publisher.publish("TaskExecStarted", { containerId: id, execId, pid: process.pid });
      if (execId === "") this.#watchOOM(id, process.pid);
    });
    // Once this call is answered.
    if (execId === "") setImmediate(() => task.endsWithInit());
    return { pid };
  }

  #watchOOM(id: string, pid: number): void {
    this.#oomWatches.set(
      id,
      memoryCgroupWatch(pid, () => this.#tellOOM(id)),
    );
  }

  #tellOOM(id: string): void {
    this.#options.publisher.publish("TaskOOM", { containerId: id });
  }

  async #delete(id: string, execId: string): Promise<DeepPartial<DeleteResponse>> {
    const task = this.#task(id);
    const { pid, exit } = await task.delete(execId);
    const report = { pid, exitStatus: exit?.status ?? 0, exitedAt: timestamp(exit?.at ?? new Date(0)) };
    if (execId === "") {
      this.#tasks.delete(id);
      this.#options.publisher.publish("TaskDelete", { containerId: id, ...report });
    }
    return report;
  }

  #state(id: string, execId: string): DeepPartial<StateResponse> {
    const task = this.#task(id);
    const process = task.process(execId);
    // A paused container's processes are all paused.
    const paused = task.init.state === "paused" && process.state === "running";
    const state = paused ? "paused" : process.state;
    const { stdin, stdout, stderr, terminal } = process.paths;
    return {
      ...{ stdin, stdout, stderr, terminal },
      id: process.id,
      bundle: task.bundle,
      pid: process.pid,
      status: STATUS[state],
      exitStatus: process.exit?.status ?? 0,
      ...(process.exit === undefined ? {} : { exitedAt: timestamp(process.exit.at) }),
    };
  }

  async #pids(id: string): Promise<DeepPartial<PidsResponse>> {
    const { pidsOf } = await import("./cgroup/pids.ts");
    const task = this.#task(id);
    const execs = new Map(task.execs.map((exec) => [exec.pid, exec.id]));
    const processes = pidsOf(task.init.pid).map((pid) => {
      const execId = execs.get(pid);
      if (execId === undefined) return { pid };
      const value = ProcessDetails.encode({ execId });
      return { pid, info: { typeUrl: "containerd.runc.v1.ProcessDetails", value } };
    });
    return { processes };
  }

  async #checkpoint(r: CheckpointTaskRequest): Promise<Record<string, never>> {
    const { checkpointArguments } = await import("./checkpoint.ts");
    const task = this.#task(r.id);
    await task.checkpoint(checkpointArguments(r.path, task.bundle, r.options?.value));
    this.#options.publisher.publish("TaskCheckpointed", { containerId: r.id, checkpoint: r.path });
    return {};
  }
}
