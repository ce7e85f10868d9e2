import { join } from "node:path";
import type { Container } from "./container.ts";
import { type Created, createContainer } from "./create/create.ts";
import type { CreateRequest } from "./create/request.ts";
import type { ContainersOptions, Env } from "./env.ts";
import { ExecStore } from "./exec/store.ts";
import { isAlive, reconcile, restoreContainers, startPolicies } from "./lifecycle/restore.ts";
import { stopRunning } from "./lifecycle/stop.ts";
import { watchTasks } from "./lifecycle/watch.ts";
import { ContainerStore } from "./store.ts";
import { letRootPass } from "./userns.ts";

/**
 * The container side of the engine. Life: new Containers() → load() → restore() (containerd must be reachable, and the
 * network side ready for adopt(running)) → startPolicies() once the API is served → close().
 */
export class Containers {
  /** What the API's handlers work with. */
  readonly env: Env;
  readonly #watching = new AbortController();

  constructor(options: ContainersOptions) {
    const store = new ContainerStore(join(options.config.dataRoot, "containers"));
    letRootPass(options, store.root);
    this.env = { ...options, store, execs: new ExecStore(), closing: false };
  }

  /** Reads the containers from disk. */
  load(): void {
    this.env.store.load(this.env.log);
  }

  /** Ids of the containers that have a task, as far as is recorded. */
  runningIDs(): Set<string> {
    return new Set(this.all().flatMap(({ id, state }) => (state.hasTask ? [id] : [])));
  }

  /** The same, and of those whose start the daemon before did not live to record; for NetworkController.adopt(). */
  async adoptableIDs(): Promise<Set<string>> {
    const tasks = await this.env.containerd.listTasks();
    const started = tasks.filter(({ id, status }) => isAlive(status) && this.env.store.get(id));
    return new Set([...this.runningIDs(), ...started.map(({ id }) => id)]);
  }

  /** Takes over what runs, and begins to watch. Errors: unavailable, when containerd cannot be reached. */
  async restore(): Promise<void> {
    await restoreContainers(this.env);
    watchTasks(this.env, this.#watching.signal).catch((error) =>
      this.env.log.error("watching tasks has ended", { error: String(error) }),
    );
  }

  /** Looks for ends of containers that were missed; also done by itself whenever containerd comes back. */
  reconcile(): Promise<void> {
    return reconcile(this.env);
  }

  startPolicies(): Promise<void> {
    return startPolicies(this.env);
  }

  all(): Container[] {
    return this.env.store.all();
  }

  /** By id, name, or unique beginning of the id. Errors: notFound. */
  find(reference: string): Container {
    return this.env.store.find(reference);
  }

  create(request: CreateRequest): Promise<Created> {
    return createContainer(this.env, request);
  }

  /** For `docker info`. */
  counts(): { running: number; paused: number; stopped: number } {
    const counts = { running: 0, paused: 0, stopped: 0 };
    for (const { state } of this.all()) {
      if (state.status === "paused") counts.paused++;
      else if (state.isRunning) counts.running++;
      else counts.stopped++;
    }
    return counts;
  }

  /** Containers made from an image, running or not, for `docker rmi` and `docker image ls`. */
  usersOf(imageID: string): { id: string; running: boolean }[] {
    return this.all().flatMap(({ id, facts, state }) =>
      facts.image === imageID ? [{ id, running: state.isRunning }] : [],
    );
  }

  /** The daemon goes down: stops all containers, unless they shall live on without it. */
  async close(): Promise<void> {
    const { env } = this;
    env.closing = true;
    for (const container of this.all()) container.cancelRestart?.();
    // One that is being started right now is a running one afterwards.
    await Promise.all(this.all().map(({ lock }) => lock.run(async () => {})));
    if (!env.config.liveRestore) {
      const running = this.all().filter(({ state }) => state.hasTask);
      await Promise.allSettled(running.map((container) => stopRunning(env, container, {})));
    }
    this.#watching.abort();
  }
}
