import { conflict, messageOf, systemError } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { saveContainer } from "../record.ts";

/** Errors: conflict unless it runs. */
export function pauseContainer(env: Env, container: Container): Promise<void> {
  return container.lock.run(async () => {
    const { state, id } = container;
    if (state.status === "paused") throw conflict(`Container ${id} is already paused`);
    if (state.status === "restarting") {
      throw conflict(`Container ${id} is restarting, wait until the container is running`);
    }
    if (state.status !== "running") throw conflict(`Container ${id} is not running`);
    try {
      await env.containerd.pause(id);
    } catch (cause) {
      throw systemError(`cannot pause container ${id}: ${messageOf(cause)}`, { cause });
    }
    state.move("paused");
    saveContainer(container);
    publish(env, container, "pause");
  });
}

/** Errors: conflict unless it is paused. */
export function unpauseContainer(env: Env, container: Container): Promise<void> {
  return container.lock.run(async () => {
    const { state, id } = container;
    if (state.status !== "paused") throw conflict(`Container ${id} is not paused`);
    try {
      await env.containerd.resume(id);
    } catch (cause) {
      throw systemError(`cannot unpause container ${id}: ${messageOf(cause)}`, { cause });
    }
    state.move("running");
    saveContainer(container);
    publish(env, container, "unpause");
  });
}
