/** What event clients have been told of containers, and what of a container's life they have not. */
import type { EngineEvent } from "./bus.ts";

/** A container's life as its events tell it. "exited" also while a restart policy waits. */
export type ToldStatus = "created" | "running" | "paused" | "exited";

/** What events tell of a container that is not in them. */
export interface RunFacts {
  /** Which run it was: when it began (RFC 3339); "" before the first. */
  run: string;
  /** Of "oom": how often the killer had struck in this run. */
  kills?: number;
}

/** The last that was told of one container. */
export interface Told {
  status: ToldStatus;
  /** As RunFacts has it. */
  run: string;
  /** For an event that has to be told when the container is gone already. */
  attributes: Record<string, string>;
  /** Whether a start was begun that has neither been told nor failed. */
  starting?: boolean;
  /** Strikes of the out-of-memory killer in this run that were told. */
  kills?: number;
  /** Exec processes that were said to start and not to end, and their exit codes as far as they are known. */
  execs?: Record<string, number | null>;
  /** Networks that it was said to join and not to leave, by id. */
  networks?: Record<string, { name: string; type: string }>;
  /** Volumes that were said to be mounted and not to be unmounted, and how often. */
  volumes?: Record<string, { driver: string; times: number }>;
}

/** Events that move a container from one status to another; null: it is gone. */
const MOVES: Record<string, ToldStatus | null | undefined> = {
  create: "created",
  start: "running",
  pause: "paused",
  unpause: "running",
  die: "exited",
  destroy: null,
};

/** Attributes of one event alone. */
const OF_ONE_EVENT = ["exitCode", "execDuration", "oldName"];

/** Takes an event's news into account. */
export function tell(known: Map<string, Told>, { Type, Action, Actor }: EngineEvent, facts: RunFacts): void {
  const id = Actor?.ID ?? "";
  const attributes = Actor?.Attributes ?? {};
  if (Type === "container") {
    tellOfLife(known, Action!, id, attributes, facts.run);
    const told = known.get(id);
    if (told) tellOfProcesses(told, Action!, attributes, facts);
    return;
  }
  const told = known.get(attributes["container"] ?? "");
  if (told && Type === "network") tellOfNetwork(told, Action!, id, attributes);
  if (told && Type === "volume") tellOfVolume(told, Action!, id, attributes);
}

function tellOfLife(
  known: Map<string, Told>,
  action: string,
  id: string,
  attributes: Record<string, string>,
  run: string,
): void {
  const before = known.get(id);
  const status = action === "rename" ? before?.status : MOVES[action];
  if (status === null) known.delete(id);
  else if (status !== undefined) {
    const lasting = Object.entries(attributes).filter(([name]) => !OF_ONE_EVENT.includes(name));
    known.set(id, { ...before, status, run, attributes: Object.fromEntries(lasting) });
    if (action === "start") Object.assign(known.get(id)!, { kills: undefined, starting: undefined });
  }
}

function tellOfProcesses(
  told: Told,
  action: string,
  { execID = "" }: Record<string, string>,
  { kills }: RunFacts,
): void {
  if (action === "oom") told.kills = kills ?? (told.kills ?? 0) + 1;
  if (action.startsWith("exec_start: ")) told.execs = { ...told.execs, [execID]: null };
  if (action === "exec_die") told.execs = without(told.execs, execID);
}

function tellOfNetwork(
  told: Told,
  action: string,
  id: string,
  { name = "", type = "" }: Record<string, string>,
): void {
  if (action === "connect") told.networks = { ...told.networks, [id]: { name, type } };
  if (action === "disconnect") told.networks = without(told.networks, id);
}

function tellOfVolume(
  told: Told,
  action: string,
  name: string,
  { driver = "" }: Record<string, string>,
): void {
  const times = told.volumes?.[name]?.times ?? 0;
  if (action === "mount") told.volumes = { ...told.volumes, [name]: { driver, times: times + 1 } };
  if (action === "unmount")
    told.volumes =
      times > 1 ? { ...told.volumes, [name]: { driver, times: times - 1 } } : without(told.volumes, name);
}

/** Undefined where nothing is left. */
function without<T>(record: Record<string, T> | undefined, key: string): Record<string, T> | undefined {
  const { [key]: _, ...rest } = record ?? {};
  return Object.keys(rest).length > 0 ? rest : undefined;
}

/**
 * The events, in order, that lead from what was told to how a container is; "destroy" alone ends with `actual`
 * undefined. Nothing was told of a container that is unknown, so its life begins with "create".
 */
export function untold(
  told: Pick<Told, "status" | "run"> | undefined,
  actual: Pick<Told, "status" | "run"> | undefined,
): string[] {
  if (!actual) return told ? [...endOf(told.status), "destroy"] : [];
  const missing: string[] = told ? [] : ["create"];
  const { status, run } = told ?? { status: "created", run: "" };
  if (actual.status === "created") return missing;
  if (run !== actual.run || status === "created") {
    missing.push(...endOf(status), "start");
    return [...missing, ...turn("running", actual.status)];
  }
  return [...missing, ...turn(status, actual.status)];
}

const endOf = (status: ToldStatus): string[] => (status === "running" || status === "paused" ? ["die"] : []);

/** Within one run. */
function turn(from: ToldStatus, to: ToldStatus): string[] {
  if (from === to || from === "exited") return [];
  if (to === "exited") return ["die"];
  return [to === "paused" ? "pause" : "unpause"];
}
