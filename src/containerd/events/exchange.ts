import { exhausted, invalidArgument } from "../../errors/errors.ts";
import type { Envelope } from "../../proto/containerd/types/event.ts";
import { compileFilters, labelOf } from "../filters/filter.ts";
import { checkIdentifier, within } from "../metadata/validate.ts";
import { now } from "../timestamp.ts";
import { decodeEvent, type EventOf, encodeEvent, type Topic } from "./types.ts";

/** A subscriber this far behind is cut off, so that it cannot fill the daemon's memory. */
const MAX_QUEUED = 100_000;

/** Milliseconds. */
const RETAIN = 60_000;

/**
 * Passes events from whoever publishes to whoever subscribed, to each subscriber in the order published.
 * Nothing is kept: who subscribes later has not missed anything that it was promised.
 */
export class EventExchange {
  readonly #subscribers = new Set<Subscription>();
  #retained: { envelope: Envelope; until: number }[] = [];

  /**
   * Publishes one of our own events, stamped now; with `retain` also to those who subscribe in the next
   * minute: for what the daemon finds out when it comes back, before its clients have.
   */
  publish<T extends Topic>(namespace: string, topic: T, event: EventOf<T>, retain = false): void {
    const envelope = { timestamp: now(), namespace, topic, event: encodeEvent(topic, event) };
    this.forward(envelope);
    if (retain) this.#retained.push({ envelope, until: performance.now() + RETAIN });
  }

  /** Passes on an event as somebody else stamped it. Errors: invalidArgument when it is malformed. */
  forward(envelope: Envelope): void {
    checkEnvelope(envelope);
    for (const subscriber of this.#subscribers) subscriber.offer(envelope);
  }

  /** Starts now; ends when `signal` aborts. Errors: invalidArgument for a bad filter, at once. */
  subscribe(filters: readonly string[], signal: AbortSignal): AsyncIterable<Envelope> {
    const subscription = new Subscription(compileFilters(filters, readField));
    const leave = () => {
      this.#subscribers.delete(subscription);
      subscription.close();
    };
    this.#retained = this.#retained.filter(({ until }) => until > performance.now());
    for (const { envelope } of this.#retained) subscription.offer(envelope);
    this.#subscribers.add(subscription);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    return subscription.drain(leave);
  }
}

class Subscription {
  readonly #matches: (envelope: Envelope) => boolean;
  #queue: Envelope[] = [];
  #wake: (() => void) | undefined;
  #closed = false;
  #overrun = false;

  constructor(matches: (envelope: Envelope) => boolean) {
    this.#matches = matches;
  }

  offer(envelope: Envelope): void {
    if (this.#closed || this.#overrun || !this.#matches(envelope)) return;
    if (this.#queue.length >= MAX_QUEUED) this.#overrun = true;
    else this.#queue.push(envelope);
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *drain(leave: () => void): AsyncIterable<Envelope> {
    try {
      while (!this.#closed) {
        const batch = this.#queue;
        this.#queue = [];
        yield* batch;
        if (this.#queue.length > 0) continue;
        if (this.#overrun)
          throw exhausted(`event subscriber is ${MAX_QUEUED} events behind: subscription ended`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          if (this.#closed) resolve();
        });
        this.#wake = undefined;
      }
    } finally {
      leave();
    }
  }
}

function checkEnvelope({ namespace, topic, event, timestamp }: Envelope): void {
  within("event envelope has invalid namespace", () => checkIdentifier(namespace));
  within(`envelope topic ${JSON.stringify(topic)}`, () => checkTopic(topic));
  if (!timestamp) throw invalidArgument("timestamp must be set on forwarded event: invalid argument");
  if (!event) throw invalidArgument(`event ${topic} has no content: invalid argument`);
}

/** A path of identifiers, such as /tasks/exit. */
function checkTopic(topic: string): void {
  if (topic === "") throw invalidArgument("must not be empty: invalid argument");
  if (!topic.startsWith("/")) throw invalidArgument("must start with '/': invalid argument");
  for (const part of topic.slice(1).split("/"))
    within(`failed validation on component ${JSON.stringify(part)}`, () => checkIdentifier(part));
}

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Fields as containerd names them: namespace, topic, event.container_id, event.labels.x and so on. */
function readField(envelope: Envelope, path: readonly string[]): string | undefined {
  const [first, ...rest] = path;
  if (first === "namespace" || first === "topic") return rest.length === 0 ? envelope[first] : undefined;
  if (first !== "event" || !envelope.event) return undefined;
  let value: unknown = decodeEvent(envelope.event);
  for (const [i, name] of rest.entries()) {
    if (name === "labels")
      return labelOf((value as { labels?: Record<string, string> })?.labels ?? {}, rest.slice(i));
    value = (value as Record<string, unknown> | undefined)?.[camel(name)];
  }
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}
