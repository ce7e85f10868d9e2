import { kindOf, messageOf } from "../../../errors/errors.ts";
import type { TaskEvent } from "../../containerd/client.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { execExited } from "../exec/exit.ts";
import { saveContainer } from "../record.ts";
import { containerExited } from "./exit.ts";
import { oomTold } from "./oom.ts";
import { reconcile } from "./restore.ts";

/** Acts on what containerd tells of tasks, until the signal is aborted. */
export async function watchTasks(env: Env, signal: AbortSignal): Promise<void> {
  for await (const event of env.containerd.events(signal)) {
    // Not awaited: one container's end must not wait for another's.
    handle(env, event).catch((error) => {
      // containerd is away; there is another look once it is back.
      const level = kindOf(error) === "unavailable" ? "debug" : "error";
      env.log[level]("task event could not be dealt with", { kind: event.kind, error: messageOf(error) });
    });
  }
}

async function handle(env: Env, event: TaskEvent): Promise<void> {
  if (event.kind === "disconnected") return;
  if (event.kind === "connected") {
    await reconcile(env);
    return;
  }
  const container = env.store.get(event.id);
  if (!container) return;
  switch (event.kind) {
    case "exit":
      if (event.execID === "") await containerExited(env, container, event.pid, event);
      else await execExited(env, container, event.execID, event);
      return;
    case "oom":
      await oomTold(env, container, event.at);
      return;
    case "paused":
    case "resumed":
      await frozen(env, container, event.kind === "paused");
  }
}

/** Somebody else (ctr) has paused or resumed it. */
function frozen(env: Env, container: Container, paused: boolean): Promise<void> {
  return container.lock.run(async () => {
    const { state } = container;
    if (!state.hasTask || (state.status === "paused") === paused) return;
    state.move(paused ? "paused" : "running");
    saveContainer(container);
    publish(env, container, paused ? "pause" : "unpause");
  });
}
