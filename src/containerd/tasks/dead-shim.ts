/** What happens to a task whose shim is dead: its processes killed, its resources freed, its clients told. */
import { rmSync } from "node:fs";
import { messageOf } from "../../errors/errors.ts";
import type { Logger } from "../../log/log.ts";
import type { DeleteResponse } from "../../proto/containerd/task/v2/shim.ts";
import type { EventExchange } from "../events/exchange.ts";
import { isServed } from "../start.ts";
import { now } from "../timestamp.ts";
import type { Bundle } from "./bundle.ts";
import { deleteShim, type ShimEnvironment } from "./shim-binary.ts";
import type { InitExit } from "./task.ts";

/** As of a process killed by SIGKILL, which is what the clean-up does to whatever still ran. */
const KILLED = 137;

/** Of a dead shim's program. */
const ATTEMPTS = 3;

interface Dead {
  readonly namespace: string;
  readonly id: string;
  readonly bundle: Bundle;
  readonly shim: string;
  readonly pid: number | undefined;
  readonly exit: InitExit | undefined;
}

interface Options {
  environment: ShimEnvironment;
  events: EventExchange;
  log: Logger;
}

export class DeadShims {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Has the shim's program free what a task held, and removes the bundle. Returns what the program told. */
  async cleanUp(bundle: Bundle, shim: string): Promise<DeleteResponse | undefined> {
    const response = await this.#delete(bundle, shim);
    const socket = bundle.address()?.replace(/^unix:\/\//, "");
    // Other tasks' shim may serve there.
    if (socket?.startsWith("/") && !(await isServed(socket))) rmSync(socket, { force: true });
    bundle.remove();
    return response;
  }

  /** Without the bundle nobody would find what is left: so a program that fails, or is killed, is called again. */
  async #delete(bundle: Bundle, shim: string): Promise<DeleteResponse | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        return await deleteShim(shim, bundle, this.#options.environment);
      } catch (error) {
        this.#options.log.warn("shim delete", { id: bundle.id, error: messageOf(error) });
      }
    }
    return undefined;
  }

  /**
   * Cleans up, and publishes the exit (unless the shim had done so) and the deletion of the task; with
   * `retain` also to clients that have yet to subscribe.
   */
  async bury(task: Dead, retain = false): Promise<DeleteResponse> {
    const found = await this.cleanUp(task.bundle, task.shim);
    const end: DeleteResponse = task.exit ?? {
      pid: found?.pid || task.pid || 0,
      exitStatus: found?.exitStatus || KILLED,
      exitedAt: found?.exitedAt?.seconds ? found.exitedAt : now(),
    };
    const { namespace, id: containerId } = task;
    const { events } = this.#options;
    if (!task.exit)
      events.publish(namespace, "/tasks/exit", { containerId, id: containerId, ...end }, retain);
    events.publish(namespace, "/tasks/delete", { containerId, id: "", ...end }, retain);
    return end;
  }
}
