import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ForwardRequest } from "../proto/containerd/services/events/ttrpc/v1/events.ts";
import { type Server, serve } from "../ttrpc/server.ts";
import { Publisher } from "./publisher.ts";

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "publisher-"));
});
afterEach(() => {
  server?.stop(true);
  rmSync(folder, { recursive: true });
});

/** A containerd that keeps the topics it is told. */
function listen(path: string, topics: (string | undefined)[]): Server {
  return serve({ path }, async (_call, payload) => {
    topics.push(ForwardRequest.decode(payload).envelope?.topic);
    return new Uint8Array(0);
  });
}

test("events arrive in order, those included that were published while containerd was away", async () => {
  const path = join(folder, "c.ttrpc");
  const publisher = new Publisher(path, "ns");
  publisher.publish("TaskCreate", { containerId: "a", pid: 1 });
  publisher.publish("TaskStart", { containerId: "a", pid: 1 });
  await Bun.sleep(1);
  const topics: string[] = [];
  server = listen(path, topics);
  publisher.publish("TaskExit", { containerId: "a", id: "a", pid: 1 });
  await publisher.close(10_000);
  expect(topics).toEqual(["/tasks/create", "/tasks/start", "/tasks/exit"]);
});

test("close() gives up after a while when nobody listens", async () => {
  const publisher = new Publisher(join(folder, "nobody"), "ns");
  publisher.publish("TaskOOM", { containerId: "a" });
  await publisher.close(10);
});
