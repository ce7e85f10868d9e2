import { invalidArgument } from "../../../errors/errors.ts";
import { type EngineEvent, type EventBus, nanosOf } from "../../events/bus.ts";
import { EVENT_FILTERS, eventTime, passes } from "../../events/select.ts";
import type { Context } from "../../http/route.ts";
import { writeChunk } from "../../http/stream.ts";

/** GET /events: what was kept since `since`, then what happens, until `until` or until the client goes. */
export async function streamEvents(bus: EventBus, ctx: Context): Promise<void> {
  const filters = ctx.filters(EVENT_FILTERS);
  const since = eventTime("since", ctx.query.get("since"));
  const until = eventTime("until", ctx.query.get("until"));
  if (since !== undefined && until !== undefined && since > until) {
    throw invalidArgument("`since` time cannot be after `until` time");
  }
  ctx.res.writeHead(200, { "Content-Type": "application/json" });
  ctx.res.flushHeaders();
  const queue = new Queue();
  const end = bus.subscribe((event) => queue.push(event));
  ctx.signal.addEventListener("abort", () => queue.close());
  const timer = until === undefined ? undefined : setTimeout(() => queue.close(), millisecondsUntil(until));
  try {
    const past = since === undefined ? [] : bus.past(since, until);
    const told = past.length > 0 ? nanosOf(past.at(-1)!) : 0n;
    for (const event of past) if (passes(filters, event)) await writeChunk(ctx.res, line(event));
    for await (const event of queue) {
      if (nanosOf(event) > told && passes(filters, event)) await writeChunk(ctx.res, line(event));
    }
  } finally {
    end();
    clearTimeout(timer);
    ctx.res.end();
  }
}

function millisecondsUntil(until: bigint): number {
  return Math.min(2 ** 31 - 1, Math.max(0, Number(until / 1_000_000n) - Date.now()));
}

/** JSON by hand for timeNano alone, which a JavaScript number would round. */
function line(event: EngineEvent): string {
  return `${JSON.stringify(event).replace(/"timeNano":\d+/, `"timeNano":${nanosOf(event)}`)}\n`;
}

/** Events that wait for a slow reader. */
class Queue {
  #waiting: EngineEvent[] = [];
  #wake = () => {};
  #closed = false;

  push(event: EngineEvent): void {
    this.#waiting.push(event);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EngineEvent> {
    for (;;) {
      const ready = this.#waiting;
      this.#waiting = [];
      yield* ready;
      if (this.#waiting.length > 0) continue;
      if (this.#closed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
