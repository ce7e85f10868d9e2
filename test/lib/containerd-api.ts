/** Clients of all services of a containerd, and its answers in a form that does not depend on which one it is. */
import { kindOf, messageOf } from "../../src/errors/errors.ts";
import { type CallOptions, connect, createClient } from "../../src/grpc/client.ts";
import { ContainersDefinition } from "../../src/proto/containerd/services/containers/v1/containers.ts";
import { ContentDefinition } from "../../src/proto/containerd/services/content/v1/content.ts";
import { DiffDefinition } from "../../src/proto/containerd/services/diff/v1/diff.ts";
import { EventsDefinition } from "../../src/proto/containerd/services/events/v1/events.ts";
import { ImagesDefinition } from "../../src/proto/containerd/services/images/v1/images.ts";
import { IntrospectionDefinition } from "../../src/proto/containerd/services/introspection/v1/introspection.ts";
import { LeasesDefinition } from "../../src/proto/containerd/services/leases/v1/leases.ts";
import { NamespacesDefinition } from "../../src/proto/containerd/services/namespaces/v1/namespaces.ts";
import { SnapshotsDefinition } from "../../src/proto/containerd/services/snapshots/v1/snapshots.ts";
import { TasksDefinition } from "../../src/proto/containerd/services/tasks/v1/tasks.ts";
import { HealthDefinition } from "../../src/proto/grpc/health/v1/health.ts";

/** Times, process ids and folders are words. */
export function plainly(value: unknown, key = ""): unknown {
  if (/(At|timestamp)$/.test(key)) {
    const seconds = (value as { seconds?: bigint } | undefined)?.seconds;
    return seconds === undefined || seconds <= 0n ? undefined : "TIME";
  }
  if (/_at$/.test(key)) return value === undefined ? undefined : "TIME";
  // Of options, in which folders are.
  if (key === "value" && typeof value === "string") return "VALUE";
  if (typeof value === "number" && /pid$/i.test(key)) return value > 0 ? "PID" : 0;
  if (typeof value === "string")
    return value
      .replaceAll(/\/tmp\/pequod-containerd-[^/\s]+/g, "FOLDER")
      .replaceAll(/(snapshots|compare)\/\d+/g, "$1/N")
      .replace(/(: invalid argument)+$/, ": invalid argument");
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (Array.isArray(value)) return value.map((one) => plainly(one));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plainly(one, name)]));
}

export type Api = ReturnType<typeof openApi>;

export function openApi(socket: string) {
  const channel = connect(socket);
  const content = createClient(ContentDefinition, channel);
  const snapshots = createClient(SnapshotsDefinition, channel);
  const namespaces = createClient(NamespacesDefinition, channel);
  const compare: CallOptions = { namespace: "compare", lease: "hold" };
  return {
    containers: createClient(ContainersDefinition, channel),
    content,
    diff: createClient(DiffDefinition, channel),
    events: createClient(EventsDefinition, channel),
    health: createClient(HealthDefinition, channel),
    images: createClient(ImagesDefinition, channel),
    introspection: createClient(IntrospectionDefinition, channel),
    leases: createClient(LeasesDefinition, channel),
    /** With a namespace to tell events in, as every client of stock's gives one; stock's answer to an update is empty. */
    namespaces: {
      get: (request: Parameters<typeof namespaces.get>[0]) => namespaces.get(request, compare),
      list: (request: Parameters<typeof namespaces.list>[0]) => namespaces.list(request, compare),
      create: (request: Parameters<typeof namespaces.create>[0]) => namespaces.create(request, compare),
      update: (request: Parameters<typeof namespaces.update>[0]) =>
        namespaces.update(request, compare).then(() => "updated"),
      delete: (request: Parameters<typeof namespaces.delete>[0]) => namespaces.delete(request, compare),
    },
    snapshots,
    tasks: createClient(TasksDefinition, channel),
    /** All answers to a write, each to one request. */
    async write(requests: object[], options: CallOptions = compare) {
      async function* send() {
        yield* requests;
      }
      const answers: unknown[] = [];
      for await (const answer of content.write(send(), options)) {
        // Stock sends its last answer twice.
        if (!Bun.deepEquals(answer, answers.at(-1))) answers.push(answer);
      }
      return answers;
    },
    async read(digest: string, offset = 0n, size = 0n) {
      let text = "";
      for await (const { data } of content.read({ digest, offset, size }, compare))
        text += Buffer.from(data).toString();
      return text;
    },
    /** Without the times of changes, which stock leaves out. */
    async list(filters: string[]) {
      const all: unknown[] = [];
      for await (const { info } of content.list({ filters }, compare))
        all.push(...info.map(({ updatedAt: _, ...rest }) => rest));
      return all;
    },
    async snapshots_(snapshotter: string, filter: string) {
      const names: string[] = [];
      for await (const { info } of snapshots.list({ snapshotter, filters: filter ? [filter] : [] }, compare))
        names.push(...info.map(({ name }) => name));
      return names.sort();
    },
    /** What a call came to: its answer, or its error's kind and text. */
    answer: (call: () => Promise<unknown>): Promise<unknown> =>
      call().then(
        (value) => plainly(value),
        (error: unknown) => ({ kind: kindOf(error), message: plainly(messageOf(error)) }),
      ),
    close: () => channel.close(),
  };
}
