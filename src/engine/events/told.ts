/** What event clients have been told of containers, and what of a container's life they have not. */

/** A container's life as its events tell it. "exited" also while a restart policy waits. */
export type ToldStatus = "created" | "running" | "paused" | "exited";

/** The last that was told of one container. */
export interface Told {
  status: ToldStatus;
  /** Which run it was: when it began (RFC 3339); "" before the first. */
  run: string;
  /** For an event that has to be told when the container is gone already. */
  attributes: Record<string, string>;
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
export function tell(
  known: Map<string, Told>,
  action: string,
  id: string,
  attributes: Record<string, string>,
  run: string,
): void {
  const status = action === "rename" ? known.get(id)?.status : MOVES[action];
  if (status === null) known.delete(id);
  else if (status !== undefined) {
    const lasting = Object.entries(attributes).filter(([name]) => !OF_ONE_EVENT.includes(name));
    known.set(id, { status, run, attributes: Object.fromEntries(lasting) });
  }
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
