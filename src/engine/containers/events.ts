import { type Told, untold } from "../events/told.ts";
import { millisBetween, NEVER } from "../time.ts";
import type { Container } from "./container.ts";
import type { Env } from "./env.ts";

/** Publishes a container event with the attributes that stock gives: labels, image, name, and the action's own. */
export function publish(
  env: Env,
  container: Container,
  action: string,
  more: Record<string, string> = {},
): void {
  const attributes = {
    ...container.labels,
    image: container.config.Image ?? "",
    name: container.name,
    ...more,
  };
  env.events.publish("container", action, container.id, attributes, runOf(container));
}

export function publishDie(env: Env, container: Container): void {
  const { exitCode, startedAt, finishedAt } = container.state;
  publish(env, container, "die", {
    exitCode: String(exitCode),
    execDuration: String(Math.trunc(millisBetween(startedAt, finishedAt) / 1000)),
  });
}

const runOf = ({ state }: Container): string => (state.startedAt === NEVER ? "" : state.startedAt);

/** How a container is, in the words of its events. */
function actual(container: Container): Pick<Told, "status" | "run"> {
  const run = runOf(container);
  const { status } = container.state;
  if (status === "running" || status === "paused") return { status, run };
  return { status: run === "" ? "created" : "exited", run };
}

/**
 * Publishes what a daemon before this one did but did not live to tell. To be called when the state of every container
 * is true again. A journal that has just been made takes the containers as told.
 */
export function tellUntold(env: Env): void {
  const { journal } = env.events;
  if (!journal) return;
  if (journal.isNew) {
    journal.adopt(env.store.all().map((container) => [container.id, toldOf(container)]));
    return;
  }
  for (const [id, told] of [...journal.known]) {
    if (env.store.get(id)) continue;
    for (const action of untold(told, undefined))
      env.events.publish("container", action, id, told.attributes, told.run);
  }
  for (const container of env.store.all())
    for (const action of untold(journal.known.get(container.id), actual(container)))
      if (action === "die") publishDie(env, container);
      else publish(env, container, action);
}

function toldOf(container: Container): Told {
  const attributes = {
    ...container.labels,
    image: container.config.Image ?? "",
    name: container.name,
  };
  return { ...actual(container), attributes };
}
