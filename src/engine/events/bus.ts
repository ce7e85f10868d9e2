import type { EventMessage } from "../../api/schema.ts";
import { realtimeNanos } from "../../linux/clock.ts";

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

const KEPT = 256;

/** Publishes what happens in the engine, and keeps the last 256 events for `docker events --since`. */
export class EventBus {
  readonly #kept: EngineEvent[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #observers: Listener[] = [];

  /** `attributes` go into Actor.Attributes; for containers and images "image" and "name" are among them. */
  publish(type: EventType, action: string, id: string, attributes: Record<string, string> = {}): void {
    const event = makeEvent(type, action, id, attributes);
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

  /** Kept events, oldest first, with time (nanoseconds since 1970) in [since, until]. */
  past(since: bigint, until?: bigint): EngineEvent[] {
    return this.#kept.filter((event) => {
      const at = nanosOf(event);
      return at >= since && (until === undefined || at <= until);
    });
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

/** A JavaScript number cannot hold nanoseconds exactly; the exact value is kept aside and written by toJSON. */
const exactTimes = new WeakMap<EngineEvent, bigint>();

export function nanosOf(event: EngineEvent): bigint {
  return exactTimes.get(event) ?? BigInt(event.timeNano);
}

let last = 0n;

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
