import { exists, failedPrecondition, invalidArgument, isNotFound, notFound } from "../errors/errors.ts";
import { readSmallFile, replaceSmallFile, unlinkIfThere } from "../linux/fd.ts";
import type { Options } from "../proto/containerd/runc/v1/options.ts";
import type { CreateTaskRequest, ExecProcessRequest } from "../proto/containerd/task/v2/shim.ts";
import { readPidFile } from "./bundle.ts";
import { FINISHED, type KeptProcess, type Launch, Process } from "./process.ts";
import type { Exit, Reaper } from "./reaper.ts";
import { mountRootfs, unmountAll } from "./rootfs.ts";
import type { Runtime } from "./runtime.ts";

/** What the task needs from its surroundings. */
export interface TaskContext {
  namespace: string;
  reaper: Reaper;
  runtime: Runtime;
  options: Options;
  /** Told of every exit, once. */
  onExit(task: Task, process: Process, exit: Exit): void;
}

/** A running task as data, for the program that goes on with it. */
export interface KeptTask {
  bundle: string;
  checkpoint: string;
  init: KeptProcess;
  execs: KeptProcess[];
}

/** Exec ids become file names. */
const EXEC_ID = /^[A-Za-z0-9][\w.-]*$/;

/** A container and its processes, driven through the OCI runtime. */
export class Task {
  readonly id: string;
  readonly bundle: string;
  readonly init: Process;
  readonly #execs = new Map<string, { process: Process; spec: Uint8Array }>();
  readonly #rootfs: string;
  readonly #context: TaskContext;
  /** Images that the container is restored from when it is started; "" for none. */
  readonly #checkpoint: string;
  #endsWithInit: boolean | undefined;

  /** `checkpoint`: images to restore it from; "" for none. */
  constructor(init: Process, bundle: string, checkpoint: string, context: TaskContext) {
    this.id = init.id;
    this.bundle = bundle;
    this.init = init;
    this.#rootfs = `${bundle}/rootfs`;
    this.#context = context;
    this.#checkpoint = checkpoint;
  }

  /** What it takes to go on in another program; undefined unless it runs and nothing is under way. */
  keep(): KeptTask | undefined {
    const init = this.init.keep();
    const execs = this.execs.map((exec) => exec.keep());
    if (init === undefined || init.exit !== undefined || execs.includes(undefined)) return undefined;
    const known = execs.filter((exec) => exec !== undefined);
    return { bundle: this.bundle, checkpoint: this.#checkpoint, init, execs: known };
  }

  /** How its runtime is called. */
  get configuration(): { options: Options; binary: string } {
    return { options: this.#context.options, binary: this.#context.runtime.options.binary };
  }

  /** A task that another program has described by keep(). */
  static async resume(kept: KeptTask, context: TaskContext): Promise<Task> {
    const task = new Task(await Process.resume(kept.init), kept.bundle, kept.checkpoint, context);
    task.#watch(task.init, kept.init.pid);
    for (const exec of kept.execs) {
      const process = await Process.resume(exec);
      task.#execs.set(exec.id, { process, spec: new Uint8Array(0) });
      if (exec.exit === undefined) task.#watch(process, exec.pid);
    }
    return task;
  }

  /**
   * Mounts the root file system and has the runtime create the container, whose init then waits. One that comes from a
   * checkpoint has no process before it is started.
   */
  create(request: CreateTaskRequest): Promise<void> {
    return this.init.lock.run(async () => {
      mountRootfs(request.rootfs, this.#rootfs);
      if (this.#checkpoint !== "") return;
      const release = this.#context.reaper.hold();
      try {
        const pidFile = `${this.bundle}/init.pid`;
        const { noPivotRoot: noPivot, noNewKeyring } = this.#context.options;
        await this.init.launch(this.#ioOptions(), (how) =>
          this.#context.runtime.create({ id: this.id, pidFile, noPivot, noNewKeyring }, how),
        );
        this.#watch(this.init, readPidFile(pidFile));
      } catch (error) {
        if (request.rootfs.length > 0) unmountAll(this.#rootfs);
        throw error;
      } finally {
        release();
      }
    });
  }

  /** The process with that exec id; the init for "". */
  process(execId: string): Process {
    if (execId === "") return this.init;
    const found = this.#execs.get(execId);
    if (found === undefined) throw notFound(`process does not exist ${execId}: not found`);
    return found.process;
  }

  get execs(): Process[] {
    return [...this.#execs.values()].map((exec) => exec.process);
  }

  /** Adds a process that a later start() runs. */
  addExec(request: ExecProcessRequest): Process {
    if (!EXEC_ID.test(request.execId))
      throw invalidArgument(`invalid exec id ${JSON.stringify(request.execId)}`);
    if (this.#execs.has(request.execId)) throw exists(`id ${request.execId}: already exists`);
    if (this.init.exit !== undefined) throw failedPrecondition("cannot exec in a stopped state");
    const process = new Process(request.execId, request);
    this.#execs.set(request.execId, { process, spec: request.spec?.value ?? new Uint8Array(0) });
    return process;
  }

  /** Runs the created init, or an added process. `started` is called before its exit can be told. */
  start(execId: string, started: (process: Process) => void): Promise<Process> {
    const process = this.process(execId);
    return process.lock.run(async () => {
      if (process.state !== "created") throw failedPrecondition(`cannot start a ${process.state} process`);
      const release = process.holdExit();
      try {
        if (execId !== "") await this.#startExec(process);
        else if (this.#checkpoint !== "") await this.#restore(process);
        else await this.#context.runtime.start(this.id);
        process.state = "running";
        started(process);
      } finally {
        release();
      }
      return process;
    });
  }

  async #restore(init: Process): Promise<void> {
    const { restoreArguments } = await import("./checkpoint.ts");
    const pidFile = `${this.bundle}/init.pid`;
    const release = this.#context.reaper.hold();
    try {
      await init.launch(this.#ioOptions(), (how) => {
        const args = restoreArguments(
          this.#checkpoint,
          this.bundle,
          pidFile,
          how.consoleSocket,
          this.#context.options,
        );
        return this.#command("OCI runtime restore failed", [...args, this.id], how);
      });
      this.#watch(init, readPidFile(pidFile));
    } finally {
      release();
    }
  }

  async #startExec(process: Process): Promise<void> {
    const spec = `${this.bundle}/exec-${process.id}.json`;
    const pidFile = `${this.bundle}/${process.id}.pid`;
    const content = new TextDecoder().decode(this.#execs.get(process.id)!.spec);
    const release = this.#context.reaper.hold();
    try {
      replaceSmallFile(spec, content, 0o600);
      await process.launch(this.#ioOptions(), (how) => {
        const console = how.consoleSocket === undefined ? [] : ["--console-socket", how.consoleSocket];
        const args = ["exec", "--process", spec, ...console, "--detach", "--pid-file", pidFile, this.id];
        return this.#command("OCI runtime exec failed", args, how);
      });
      this.#watch(process, readPidFile(pidFile));
    } catch (error) {
      process.abandon(255);
      throw error;
    } finally {
      release();
      unlinkIfThere(spec);
      unlinkIfThere(pidFile);
    }
  }

  /** Removes a process that does not run; with the init, the container and its root file system. */
  delete(execId: string): Promise<Process> {
    const process = this.process(execId);
    return process.lock.run(async () => {
      if (process.state === "deleted") throw notFound(`process ${process.id} is deleted already`);
      if (process.state === "running" || process.state === "paused")
        throw failedPrecondition(`cannot delete a ${process.state} process`);
      if (execId !== "") {
        await process.closeIO();
        this.#execs.delete(execId);
      } else await this.#deleteContainer(process);
      process.state = "deleted";
      return process;
    });
  }

  async #deleteContainer(init: Process): Promise<void> {
    try {
      // A container that was never started still has its init, waiting: force ends it.
      if (init.state === "created")
        await this.#command("failed to delete task", ["delete", "--force", this.id]);
      else await this.#context.runtime.delete(this.id);
    } catch (error) {
      // A checkpoint may have removed it already. The shim's caller must not hear "not found": it would think that the
      // shim knows no such task either.
      if (!isNotFound(error) && !(error as Error).message.includes("does not exist")) throw error;
    }
    // One that was to be restored, and never was, has none.
    if (init.state === "created" && init.pid !== 0) await init.ended();
    await init.closeIO();
    for (const exec of this.execs) await exec.closeIO();
    unmountAll(this.#rootfs);
  }

  pause(): Promise<void> {
    return this.#transition("pause", "running", "paused");
  }

  resume(): Promise<void> {
    return this.#transition("resume", "paused", "running");
  }

  #transition(
    command: "pause" | "resume",
    from: "running" | "paused",
    to: "running" | "paused",
  ): Promise<void> {
    return this.init.lock.run(async () => {
      if (this.init.state !== from) throw failedPrecondition(refusal(command, this.init.state));
      await this.#command(`OCI runtime ${command} failed`, [command, this.id]);
      // It may have ended meanwhile.
      if (this.init.exit === undefined) this.init.state = to;
    });
  }

  /** Sends a signal to one process, or to all of the container. */
  async kill(execId: string, signal: number, all: boolean): Promise<void> {
    const process = this.process(execId);
    // The runtime thaws a frozen container for SIGKILL, and knows all its processes.
    const throughRuntime = execId === "" && (all || process.state === "paused");
    if (!throughRuntime) return process.signal(signal);
    if (process.exit !== undefined && !all) throw notFound(FINISHED);
    const args = ["kill", ...(all ? ["--all"] : []), this.id, String(signal)];
    await this.#command("unknown error after kill", args);
  }

  /**
   * Whether the kernel kills all processes of the container with its init: they have a pid namespace of their own. Found out
   * once; better before the end, which waits to be told.
   */
  endsWithInit(): boolean {
    try {
      this.#endsWithInit ??= hasOwnPidNamespace(this.bundle);
      return this.#endsWithInit;
    } catch {
      // The bundle has gone, and with it what was left.
      return true;
    }
  }

  /** After the init's end: kills what is left, where that does not end with the init. Does not fail. */
  async killRest(): Promise<void> {
    try {
      await this.#command("kill all", ["kill", "--all", this.id, "9"]);
    } catch {
      // Nothing left to kill.
    }
  }

  /** Applies new limits: `resources` is the JSON of the runtime-spec's LinuxResources. */
  update(resources: Uint8Array): Promise<void> {
    return this.init.lock.run(async () => {
      if (this.init.exit !== undefined) throw failedPrecondition("cannot update a stopped container");
      const file = `${this.bundle}/resources.json`;
      replaceSmallFile(file, new TextDecoder().decode(resources), 0o600);
      try {
        await this.#command("OCI runtime update failed", ["update", "--resources", file, this.id]);
      } finally {
        unlinkIfThere(file);
      }
    });
  }

  /** Writes the container's state with CRIU by the runtime's `checkpoint`. */
  checkpoint(args: readonly string[]): Promise<void> {
    return this.init.lock.run(async () => {
      if (this.init.state !== "running" && this.init.state !== "paused")
        throw failedPrecondition(refusal("checkpoint", this.init.state));
      await this.#command("OCI runtime checkpoint failed", ["checkpoint", ...args, this.id]);
    });
  }

  #command(what: string, args: readonly string[], how?: Launch): Promise<void> {
    return this.#context.runtime.run(what, args, how?.stdio);
  }

  #watch(process: Process, pid: number): void {
    process.watch(pid, this.#context.reaper, (exit) => this.#context.onExit(this, process, exit));
  }

  #ioOptions() {
    const { ioUid, ioGid } = this.#context.options;
    return { containerId: this.id, namespace: this.#context.namespace, uid: ioUid, gid: ioGid };
  }
}

/** In stock's words, of which each has its own. */
function refusal(command: "pause" | "resume" | "checkpoint", state: string): string {
  if (state === "created")
    return `cannot ${command} ${command === "checkpoint" ? "a " : ""}task in created state`;
  return `cannot ${command} a ${state} ${command === "resume" && state === "running" ? "process" : "container"}`;
}

/** As docker and ctr write it: looking for this is quicker than reading the whole. */
const OWN_PID_NAMESPACE = /\{"type":"pid"\}/;

function hasOwnPidNamespace(bundle: string): boolean {
  const text = readSmallFile(`${bundle}/config.json`);
  if (OWN_PID_NAMESPACE.test(text)) return true;
  const config = JSON.parse(text) as { linux?: { namespaces?: { type?: string; path?: string }[] } };
  return (config.linux?.namespaces ?? []).some(({ type, path }) => type === "pid" && !path);
}
