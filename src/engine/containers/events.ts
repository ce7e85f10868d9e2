import type { EndpointReference } from "../../network/types.ts";
import type { EventBus } from "../events/bus.ts";
import { type RunFacts, type Told, untold } from "../events/told.ts";
import { publishEndpoints } from "../networks/events.ts";
import { millisBetween, NEVER } from "../time.ts";
import type { Container } from "./container.ts";
import type { Env } from "./env.ts";

/** Publishes a container event with the attributes that stock gives: labels, image, name, and the action's own. */
export function publish(
  env: Env,
  container: Container,
  action: string,
  more: Record<string, string> = {},
  facts: Partial<RunFacts> = {},
): void {
  const attributes = {
    ...container.labels,
    image: container.config.Image ?? "",
    name: container.name,
    ...more,
  };
  env.events.publish("container", action, container.id, attributes, { run: runOf(container), ...facts });
}

/** Tells the end of a run, with its exit code and how long it took in seconds. */
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
 * is as it was recorded, and when it is true again (`settled`), by which what ended with a container's run has ended.
 * A journal that has just been made takes the containers as told.
 */
export function tellUntold(env: Env, settled: boolean): void {
  const { journal } = env.events;
  if (!journal) return;
  if (journal.isNew) {
    journal.adopt(env.store.all().map((container) => [container.id, toldOf(env, container)]));
    return;
  }
  for (const [id, told] of [...journal.known]) if (!env.store.get(id)) tellGone(env, id, told);
  for (const container of env.store.all()) tellUntoldOf(env, container, settled);
}

/** Of a container that is no more. */
function tellGone({ events }: Env, id: string, told: Told): void {
  for (const [execID, exitCode] of Object.entries(told.execs ?? {})) {
    const attributes = { ...told.attributes, execID, exitCode: String(exitCode ?? KILLED) };
    events.publish("container", "exec_die", id, attributes, { run: told.run });
  }
  tellUnmounted(events, id, told);
  publishEndpoints(events, "disconnect", id, leftBehind(told, new Set()));
  for (const action of untold(told, undefined))
    events.publish("container", action, id, told.attributes, { run: told.run });
}

function tellUntoldOf(env: Env, container: Container, settled: boolean): void {
  const { id, name, state } = container;
  const told = env.events.journal?.known.get(id);
  const before = told?.attributes["name"];
  if (before !== undefined && before !== name) publish(env, container, "rename", { oldName: `/${before}` });
  if (told && settled && !state.hasTask) {
    for (const [execID, exitCode] of Object.entries(told.execs ?? {}))
      publish(env, container, "exec_die", { execID, exitCode: String(exitCode ?? KILLED) });
    tellUnmounted(env.events, id, told);
  }
  const missing = untold(told, actual(container));
  // Its networks are told of after it is itself.
  if (missing[0] === "create") publish(env, container, missing.shift()!);
  const endpoints = env.network.endpointsOf(id);
  if (told) publishEndpoints(env.events, "disconnect", id, leftBehind(told, idsOf(endpoints)));
  const joined = endpoints.filter(({ networkID }) => !told?.networks?.[networkID]);
  publishEndpoints(env.events, "connect", id, joined);
  for (const action of missing)
    if (action === "die") publishDie(env, container);
    else publish(env, container, action);
}

/** Of a process that has gone with its container. */
const KILLED = 137;

const idsOf = (endpoints: EndpointReference[]) => new Set(endpoints.map(({ networkID }) => networkID));

/** Networks that a container was said to be on, and is not. */
const leftBehind = ({ networks = {} }: Told, on: Set<string>): EndpointReference[] =>
  Object.entries(networks)
    .filter(([id]) => !on.has(id))
    .map(([networkID, { name, type }]) => ({ networkID, networkName: name, driver: type }));

function tellUnmounted(events: EventBus, container: string, { volumes = {} }: Told): void {
  for (const [name, { driver, times }] of Object.entries(volumes))
    for (let i = 0; i < times; i++) events.publish("volume", "unmount", name, { container, driver });
}

function toldOf(env: Env, container: Container): Told {
  const attributes = {
    ...container.labels,
    image: container.config.Image ?? "",
    name: container.name,
  };
  const told: Told = { ...actual(container), attributes };
  if (!container.state.hasTask) return told;
  const networks = env.network
    .endpointsOf(container.id)
    .map(({ networkID, networkName, driver }) => [networkID, { name: networkName, type: driver }]);
  const volumes: Told["volumes"] = {};
  for (const { Type, Name, Driver } of Object.values(container.facts.mountPoints))
    if (Type === "volume") volumes[Name] = { driver: Driver, times: (volumes[Name]?.times ?? 0) + 1 };
  return { ...told, networks: Object.fromEntries(networks), volumes };
}
