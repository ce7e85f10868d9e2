import type { EventMessage } from "../../api/schema.ts";
import { realtimeNanos } from "../../linux/clock.ts";
import type { EventJournal } from "./journal.ts";
import type { RunFacts } from "./told.ts";

export type EventType = "container" | "image" | "volume" | "network" | "daemon" | "plugin" | "builder";

/** An event as the Engine API sends it, with the old flat fields (status, id, from) that clients still read. */
export type EngineEvent = EventMessage & {
  status?: string;
  id?: string;
  from?: string;
  time: number;
  timeNano: number;
};

export type Listener = (event: EngineEvent) => void;

/** In memory, for quick answers. */
const KEPT = 256;

/** Publishes what happens in the engine, and keeps the last events for `docker events --since`. */
export class EventBus {
  /** Undefined: events are kept in memory only. */
  readonly journal: EventJournal | undefined;
  readonly #kept: EngineEvent[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #observers: Listener[] = [];

  constructor(journal?: EventJournal) {
    this.journal = journal;
    const before = journal?.last ?? 0n;
    if (before > last) last = before;
  }

  /**
   * `attributes` go into Actor.Attributes; for containers and images "image" and "name" are among them. `facts` say
   * which run of a container it is of.
   */
  publish(
    type: EventType,
    action: string,
    id: string,
    attributes: Record<string, string> = {},
    facts: RunFacts = { run: "" },
  ): void {
    const event = makeEvent(type, action, id, attributes);
    this.journal?.append({ event, at: nanosOf(event) }, facts);
    this.#kept.push(event);
    if (this.#kept.length > KEPT) this.#kept.shift();
    for (const observer of this.#observers) observer(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Like subscribe(), for the engine's own parts: not counted among the listeners. */
  observe(observer: Listener): void {
    this.#observers.push(observer);
  }

  /** Past events that are kept, oldest first, with time (nanoseconds since 1970) in [since, until]. */
  past(since: bigint, until?: bigint): EngineEvent[] {
    const [oldest] = this.#kept;
    if (this.journal && (!oldest || since < nanosOf(oldest))) return this.#fromJournal(since, until);
    return this.#kept.filter((event) => {
      const at = nanosOf(event);
      return at >= since && (until === undefined || at <= until);
    });
  }

  #fromJournal(since: bigint, until?: bigint): EngineEvent[] {
    return this.journal!.past(since, until).map(({ event, at }) => {
      exactTimes.set(event, at);
      return event;
    });
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

/** A JavaScript number cannot hold nanoseconds exactly; the exact value is kept aside and written by toJSON. */
const exactTimes = new WeakMap<EngineEvent, bigint>();

/** Time of the last event: each is later than the one before, whatever the clock does. */
let last = 0n;

/** The time of an event in nanoseconds since 1970. */
export function nanosOf(event: EngineEvent): bigint {
  return exactTimes.get(event) ?? BigInt(event.timeNano);
}

function now(): bigint {
  const nanos = realtimeNanos();
  last = nanos > last ? nanos : last + 1n;
  return last;
}

function makeEvent(
  type: EventType,
  action: string,
  id: string,
  attributes: Record<string, string>,
): EngineEvent {
  const nanos = now();
  const event: EngineEvent = {
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: "local",
    time: Number(nanos / 1_000_000_000n),
    timeNano: Number(nanos),
  };
  if (type === "container" || type === "image") Object.assign(event, { status: action, id });
  const from = attributes["image"];
  if (type === "container" && from !== undefined) event.from = from;
  exactTimes.set(event, nanos);
  return event;
}
