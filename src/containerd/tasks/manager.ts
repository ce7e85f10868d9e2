/**
 * Tasks by their shims. The daemon holds no state of a task that its shim could not tell it again: so it
 * may die at any time, and the next one finds every task in its bundle (see recovery.ts).
 */
import {
  cancelled,
  EngineError,
  exists,
  isNotFound,
  kindOf,
  messageOf,
  notFound,
} from "../../errors/errors.ts";
import { faultPoint } from "../../files/fault.ts";
import { KeyedLock } from "../../lock/keyed-lock.ts";
import { Turns } from "../../lock/turns.ts";
import type { Logger } from "../../log/log.ts";
import { TaskExit } from "../../proto/containerd/events/task.ts";
import { Options } from "../../proto/containerd/runc/v1/options.ts";
import type { Container } from "../../proto/containerd/services/containers/v1/containers.ts";
import type { CreateTaskRequest } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import type { DeleteResponse } from "../../proto/containerd/task/v2/shim.ts";
import type { Envelope } from "../../proto/containerd/types/event.ts";
import type { Any } from "../../proto/google/protobuf/any.ts";
import { isSameBuild } from "../../version/same-build.ts";
import type { Layout } from "../config.ts";
import type { EventExchange } from "../events/exchange.ts";
import { Bundle } from "./bundle.ts";
import { connectTask } from "./connect.ts";
import { DeadShims } from "./dead-shim.ts";
import type { Programs } from "./programs.ts";
import { withDefaultRuntime } from "./runtime-options.ts";
import { type ShimEnvironment, startShim } from "./shim-binary.ts";
import { followShimLog } from "./shim-log.ts";
import { ShimPool } from "./shim-pool.ts";
import { type Task, taskKey } from "./task.ts";

const SHUTDOWN_TIMEOUT = 3_000;
/**
 * Tasks that are created at once, for each processor. More would only get in each other's way, and each would start a shim
 * where a shim of one that has ended meanwhile could be had.
 */
const CREATES_A_PROCESSOR = 2;
/** Milliseconds after which a create is one that waits for something else than a processor, and no longer counts. */
const CREATE_PATIENCE = 250;

export interface TaskManagerOptions {
  layout: Layout;
  programs: Programs;
  environment: ShimEnvironment;
  events: EventExchange;
  log: Logger;
  /** How many tasks share a shim of this build at most. */
  tasksPerShim: number;
}

/** What a task is made of. */
interface TaskCreation {
  bundle: Bundle;
  /** config.json. */
  spec: Uint8Array;
  shim: string;
  request: CreateTaskRequest;
  options: Any | undefined;
  /** Of the client. */
  signal: AbortSignal;
  prepare: (bundle: string) => Promise<string>;
}

/** Annotations by which the client itself says which containers share a shim. */
const GROUP_ANNOTATIONS = ["io.containerd.runc.v2.group", "io.kubernetes.cri.sandbox-id"];

export class TaskManager {
  readonly options: TaskManagerOptions;
  readonly #tasks = new Map<string, Task>();
  readonly #locks = new KeyedLock();
  readonly #dead: DeadShims;
  readonly #pool: ShimPool;
  readonly #creates = new Turns(CREATES_A_PROCESSOR * navigator.hardwareConcurrency, CREATE_PATIENCE);

  constructor(options: TaskManagerOptions) {
    this.options = options;
    this.#dead = new DeadShims(options);
    this.#pool = new ShimPool(options.tasksPerShim);
  }

  /** Errors: notFound. */
  get(namespace: string, id: string): Task {
    const task = this.#tasks.get(taskKey(namespace, id));
    if (task?.pid === undefined) throw notFound(`task ${id} not found`);
    return task;
  }

  has(namespace: string, id: string): boolean {
    return this.#tasks.has(taskKey(namespace, id));
  }

  list(namespace?: string): Task[] {
    return [...this.#tasks.values()].filter(
      (task) => task.pid !== undefined && (namespace === undefined || task.namespace === namespace),
    );
  }

  /**
   * Makes a task of a container, its init process created but not started. Errors: exists, cancelled when the client
   * has left meanwhile (nobody would know of the task), and the shim's own. `prepare` puts into the bundle what the
   * task is to be restored from, and returns the folder of it, or "".
   */
  create(
    namespace: string,
    container: Container,
    request: CreateTaskRequest,
    signal: AbortSignal,
    prepare: (bundle: string) => Promise<string> = async () => "",
  ): Promise<Task> {
    const key = taskKey(namespace, container.id);
    return this.#locks.run(key, async () => {
      if (this.#tasks.has(key)) throw exists(`task ${container.id}: already exists`);
      const given = request.options?.value.length ? request.options : container.runtime?.options;
      const shim = this.options.programs.shimFor(container.runtime?.name ?? "");
      const options =
        shim === this.options.programs.shim
          ? withDefaultRuntime(given, this.options.programs.runtime)
          : given;
      const spec = container.spec?.value ?? new Uint8Array(0);
      const bundle = new Bundle(this.options.layout, namespace, container.id);
      const creation = { bundle, spec, shim, request, options, signal, prepare };
      return this.#creates.run(() => this.#createTask(creation));
    });
  }

  async #createTask({ bundle, spec, shim, request, options, signal, prepare }: TaskCreation): Promise<Task> {
    const refuseLeft = () => {
      if (signal.aborted) throw cancelled(`task ${bundle.id}: the client left before it was created`);
    };
    refuseLeft();
    bundle.create(spec, shim);
    let task: Task | undefined;
    try {
      const checkpoint = await prepare(bundle.path);
      task = await this.#startShim(bundle, shim, options, this.#mayShare(shim, spec, options));
      faultPoint("task.shim-started");
      await this.#createInit(task, request, options, checkpoint);
      faultPoint("task.created");
      refuseLeft();
      return task;
    } catch (error) {
      await this.#abandon(bundle, shim, task);
      throw error;
    }
  }

  async #startShim(bundle: Bundle, shim: string, options: Any | undefined, shared: boolean): Promise<Task> {
    const stopLog = followShimLog(bundle);
    const start = () => startShim(shim, bundle, this.options.environment, options);
    try {
      if (shared) return await this.#shareShim(bundle, shim, start, stopLog);
      const address = await start();
      bundle.saveAddress(address);
      return await this.#connect(bundle, shim, address, stopLog);
    } catch (error) {
      stopLog();
      throw new EngineError(kindOf(error), `failed to start shim: ${messageOf(error)}`, { cause: error });
    }
  }

  #connect(bundle: Bundle, shim: string, address: string, stopLog: () => void): Promise<Task> {
    return connectTask(bundle, shim, address, stopLog, (lost) => this.shimLost(lost));
  }

  /** A place in a shim that runs already, or in a new one. */
  async #shareShim(
    bundle: Bundle,
    shim: string,
    start: () => Promise<string>,
    stopLog: () => void,
  ): Promise<Task> {
    for (;;) {
      const { address, started } = await this.#pool.place(bundle.namespace, start);
      try {
        const task = await this.#connect(bundle, shim, address, stopLog);
        bundle.saveAddress(address);
        return task;
      } catch (error) {
        this.#pool.forget(address);
        if (started) throw error;
        this.options.log.debug("shim cannot be joined", { address, error: messageOf(error) });
      }
    }
  }

  /** Whether a container may share its shim: of this build, and with no wish of its own about it. */
  #mayShare(shim: string, spec: Uint8Array, options: Any | undefined): boolean {
    if (shim !== this.options.programs.shim || !isSameBuild(shim)) return false;
    const text = Buffer.from(spec.buffer, spec.byteOffset, spec.byteLength);
    if (GROUP_ANNOTATIONS.some((name) => text.includes(name))) return false;
    return !options || Options.decode(options.value).shimCgroup === "";
  }

  async #createInit(
    task: Task,
    request: CreateTaskRequest,
    options: Any | undefined,
    checkpoint: string,
  ): Promise<void> {
    this.#tasks.set(taskKey(task.namespace, task.id), task);
    try {
      const { pid } = await task.rpc.create({
        id: task.id,
        bundle: task.bundle.path,
        rootfs: request.rootfs,
        terminal: request.terminal,
        stdin: request.stdin,
        stdout: request.stdout,
        stderr: request.stderr,
        checkpoint,
        ...(options ? { options } : {}),
      });
      task.pid = pid;
    } catch (error) {
      throw new EngineError(kindOf(error), `failed to create shim task: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Undoes a create that did not succeed; what cannot be undone is logged, for the error is another. */
  async #abandon(bundle: Bundle, shim: string, task: Task | undefined): Promise<void> {
    if (task) {
      task.deleting = true;
      await task.rpc.delete({ id: task.id }, { timeout: SHUTDOWN_TIMEOUT }).catch(() => {});
      await this.#disconnect(task);
    }
    try {
      await this.#dead.cleanUp(bundle, shim);
    } catch (error) {
      this.options.log.warn("clean up after failed create", { id: bundle.id, error: messageOf(error) });
    }
  }

  /** Deletes a stopped task and ends its shim. Errors: notFound, failedPrecondition while it runs. */
  delete(namespace: string, id: string): Promise<DeleteResponse> {
    return this.#locks.run(taskKey(namespace, id), async () => {
      const task = this.get(namespace, id);
      task.deleting = true;
      let response: DeleteResponse;
      try {
        response = await task.rpc.delete({ id });
      } catch (error) {
        if (!task.connection.connected) return this.#deleteDead(task);
        if (!isNotFound(error)) {
          task.deleting = false;
          throw new EngineError(kindOf(error), `failed to delete task: ${messageOf(error)}`, {
            cause: error,
          });
        }
        response = await this.#deleteDead(task);
      }
      faultPoint("task.deleted");
      await this.#disconnect(task);
      task.bundle.remove();
      return response;
    });
  }

  /** The shim died in the middle, or has forgotten the task: what a dead shim's clean-up finds is the answer. */
  async #deleteDead(task: Task): Promise<DeleteResponse> {
    await this.#disconnect(task);
    return this.#dead.bury(task);
  }

  /** Lets the shim go; it ends by itself when it has no more to serve. */
  async #disconnect(task: Task): Promise<void> {
    task.deleting = true;
    const last = !task.left && this.#pool.leave(task.address);
    task.left = true;
    if (last && task.connection.connected)
      await task.rpc.shutdown({ id: task.id, now: false }, { timeout: SHUTDOWN_TIMEOUT }).catch(() => {});
    // A kill that made it end may not be answered yet.
    task.connection.closeWhenAnswered(SHUTDOWN_TIMEOUT);
    task.stopLog();
    this.#tasks.delete(taskKey(task.namespace, task.id));
  }

  /** Takes over a task that a former daemon made. */
  adopt(task: Task, pid: number): void {
    task.pid = pid;
    this.#tasks.set(taskKey(task.namespace, task.id), task);
  }

  /** The connection to a shim has ended: unless we ended it, the shim is dead. */
  shimLost(task: Task): void {
    if (task.deleting) return;
    this.#pool.forget(task.address);
    const key = taskKey(task.namespace, task.id);
    void this.#locks
      .run(key, async () => {
        if (task.deleting || this.#tasks.get(key) !== task) return;
        this.options.log.warn("shim is dead, cleaning up", { id: task.id, namespace: task.namespace });
        task.deleting = true;
        await this.#disconnect(task);
        if (task.pid !== undefined) await this.#dead.bury(task);
      })
      .catch((error: unknown) => {
        this.options.log.error("clean up after dead shim", { id: task.id, error: messageOf(error) });
      });
  }

  /** Looks at a shim's event before it is passed on, so that an init's exit is published once whatever happens later. */
  observe({ namespace, topic, event }: Envelope): void {
    if (topic !== "/tasks/exit" || !event) return;
    const { containerId, id, pid, exitStatus, exitedAt } = TaskExit.decode(event.value);
    const task = this.#tasks.get(taskKey(namespace, containerId));
    if (task && id === containerId) task.exit = { pid, exitStatus, exitedAt };
  }

  /** Lets go of all shims, which go on. */
  close(): void {
    this.#pool.close();
    for (const task of this.#tasks.values()) {
      task.deleting = true;
      task.connection.close();
      task.stopLog();
    }
    this.#tasks.clear();
  }
}
