import { describe, expect, test } from "bun:test";
import { EventExchange } from "./exchange.ts";

async function take(stream: AsyncIterable<{ topic: string }>, count: number): Promise<string[]> {
  const topics: string[] = [];
  for await (const { topic } of stream) {
    topics.push(topic);
    if (topics.length === count) break;
  }
  return topics;
}

describe("EventExchange", () => {
  test("gives each subscriber all events in order, also those published before it reads", async () => {
    const exchange = new EventExchange();
    const stream = exchange.subscribe([], new AbortController().signal);
    exchange.publish("a", "/tasks/create", { containerId: "c" });
    exchange.publish("a", "/tasks/start", { containerId: "c" });
    const reading = take(stream, 3);
    await Promise.resolve();
    exchange.publish("a", "/tasks/exit", { containerId: "c" });
    expect(await reading).toEqual(["/tasks/create", "/tasks/start", "/tasks/exit"]);
  });
  test("filters by namespace, topic and the event's own fields", async () => {
    const exchange = new EventExchange();
    const filters = ["namespace==a,event.container_id==two", "topic~=^/namespaces/"];
    const stream = exchange.subscribe(filters, new AbortController().signal);
    exchange.publish("a", "/tasks/start", { containerId: "one" });
    exchange.publish("a", "/tasks/exit", { containerId: "two" });
    exchange.publish("b", "/tasks/oom", { containerId: "two" });
    exchange.publish("b", "/namespaces/create", { name: "b" });
    expect(await take(stream, 2)).toEqual(["/tasks/exit", "/namespaces/create"]);
  });
  test("ends when the subscriber leaves", async () => {
    const abort = new AbortController();
    const reading = take(new EventExchange().subscribe([], abort.signal), 1);
    abort.abort();
    expect(await reading).toEqual([]);
  });
  test("refuses malformed events and filters", () => {
    const exchange = new EventExchange();
    expect(() => exchange.subscribe(["=="], new AbortController().signal)).toThrow(
      "expected field or quoted",
    );
    expect(() =>
      exchange.forward({ timestamp: undefined, namespace: "a", topic: "x", event: undefined }),
    ).toThrow("must start with '/'");
  });
});
