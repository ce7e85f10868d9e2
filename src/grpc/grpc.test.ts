/** Client and server against each other; the bytes between them are compared with others' in src/http2 and test/. */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import http2 from "node:http2";
import { connect as connectSocket, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { kindOf, notFound } from "../errors/errors.ts";
import type { Codec } from "../protobuf/message.ts";
import { type Channel, channelOver, connect, createClient } from "./client.ts";
import { openCall } from "./open-call.ts";
import { rawMethod } from "./raw-method.ts";
import {
  type CallContext,
  type GrpcServer,
  ServiceMethods,
  serveDuplex,
  serveGrpc,
  service,
} from "./server.ts";

interface Blob {
  data: Uint8Array;
}

/** The message is its one field. */
const Blob: Codec<Blob> = {
  encode: ({ data }) => data ?? new Uint8Array(0),
  decode: (data) => ({ data }),
};

const method = <const N extends string, const R extends boolean, const S extends boolean>(
  name: N,
  requestStream: R,
  responseStream: S,
) => ({ name, requestType: Blob, requestStream, responseType: Blob, responseStream });

const Definition = {
  fullName: "test.Blobs",
  methods: {
    unary: method("Unary", false, false),
    list: method("List", false, true),
    collect: method("Collect", true, false),
    duplex: method("Duplex", true, true),
  },
} as const;

const text = (data: string): Blob => ({ data: Buffer.from(data) });
const textOf = ({ data }: Blob): string => Buffer.from(data).toString();

async function* echo(requests: AsyncIterable<Blob>): AsyncIterable<Blob> {
  yield* requests;
}

type Handlers = Parameters<typeof service<typeof Definition>>[1] extends () => infer R ? Awaited<R> : never;

const folder = mkdtempSync("/tmp/pequod-grpc-");
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});
let count = 0;

const DEFAULTS: Handlers = {
  unary: (request) => request,
  async *list() {},
  collect: async (requests) => {
    const pieces: Uint8Array[] = [];
    for await (const { data } of requests) pieces.push(data);
    return { data: Buffer.concat(pieces) };
  },
  duplex: echo,
};

const blobs = (handlers: Partial<Handlers>) => service(Definition, () => ({ ...DEFAULTS, ...handlers }));

function serve(handlers: Partial<Handlers> = {}): { socket: string; server: GrpcServer; channel: Channel } {
  const socket = join(folder, `${count++}.sock`);
  const server = serveGrpc(socket, [blobs(handlers)]);
  const channel = connect(socket);
  undo.push(() => server.close(0));
  undo.push(() => channel.close());
  return { socket, server, channel };
}

async function failure(work: Promise<unknown>): Promise<[kind: string, message: string]> {
  try {
    await work;
  } catch (error) {
    return [kindOf(error), (error as Error).message];
  }
  throw new Error("did not fail");
}

async function all(answers: AsyncIterable<Blob>): Promise<string[]> {
  const texts: string[] = [];
  for await (const answer of answers) texts.push(textOf(answer));
  return texts;
}

async function* each(...texts: string[]): AsyncIterable<Blob> {
  for (const one of texts) yield text(one);
}

describe("the four kinds of calls", () => {
  test("one request, one answer, over a unix socket and TCP", async () => {
    const { channel } = serve();
    expect(textOf(await createClient(Definition, channel).unary(text("hello")))).toBe("hello");
    const tcp = serveGrpc({ hostname: "127.0.0.1", port: 0 }, [blobs({})]);
    const other = connect({ hostname: "127.0.0.1", port: tcp.port! });
    undo.push(
      () => tcp.close(0),
      () => other.close(),
    );
    expect(textOf(await createClient(Definition, other).unary(text("")))).toBe("");
  });

  test("one request, many answers", async () => {
    const { channel } = serve({ list: (request) => each("a", textOf(request), "b") });
    expect(await all(createClient(Definition, channel).list(text("x")))).toEqual(["a", "x", "b"]);
  });

  test("many requests, one answer", async () => {
    const { channel } = serve();
    expect(textOf(await createClient(Definition, channel).collect(each("a", "b", "c")))).toBe("abc");
  });

  test("many of both, in step", async () => {
    const { channel } = serve();
    let answered = Promise.withResolvers<string>();
    const heard: string[] = [];
    async function* requests() {
      yield text("1");
      yield text(`${await answered.promise}2`);
    }
    for await (const answer of createClient(Definition, channel).duplex(requests())) {
      heard.push(textOf(answer));
      answered.resolve(textOf(answer));
      answered = Promise.withResolvers();
    }
    expect(heard).toEqual(["1", "12"]);
  });

  test("over any duplex stream", async () => {
    const path = join(folder, "duplex.sock");
    const listener = createServer(
      (socket: Socket) => void serveDuplex(socket, new ServiceMethods([blobs({})])),
    );
    await new Promise<void>((resolve) => listener.listen(path, resolve));
    const channel = channelOver(connectSocket(path));
    undo.push(
      () => listener.close(),
      () => channel.close(),
    );
    const large = "x".repeat(3_000_000);
    const client = createClient(Definition, channel);
    const answers = await Promise.all([client.unary(text(large)), client.unary(text("y"))]);
    expect(answers.map(textOf)).toEqual([large, "y"]);
  });
});

describe("openCall()", () => {
  test("sends and takes messages by hand, of a method that knows only bytes", async () => {
    const path = join(folder, "raw.sock");
    const heard: (string | undefined)[] = [];
    const echoed = rawMethod("/raw.Service/Echo", async function* (messages, metadata) {
      heard.push(metadata["x-one"]);
      yield* messages;
    });
    const table = {
      get: (name: string) => (name === "/raw.Service/Echo" ? echoed : undefined),
      missing: () => "no",
    };
    const ended = Promise.withResolvers<void>();
    const listener = createServer((socket: Socket) => void serveDuplex(socket, table, ended.resolve));
    await new Promise<void>((resolve) => listener.listen(path, resolve));
    const lost = Promise.withResolvers<void>();
    const channel = channelOver(connectSocket(path), lost.resolve);
    undo.push(() => listener.close());
    const service = { fullName: "raw.Service" };
    const call = openCall(channel, service, method("Echo", true, true), {
      metadata: { "x-one": ["1", "2"] },
    });
    const answers = call.messages[Symbol.asyncIterator]();
    for (const word of ["one", "two"]) {
      await call.send(text(word));
      expect(textOf((await answers.next()).value)).toBe(word);
    }
    call.end();
    expect([(await answers.next()).done, heard]).toEqual([true, ["2"]]);
    const none = openCall(channel, service, method("None", true, true));
    expect(await failure(all(none.messages))).toEqual(["notImplemented", "no"]);
    await none.send(text("into the void"));
    channel.close();
    await Promise.all([lost.promise, ended.promise]);
    expect((await failure(all(openCall(channel, service, method("Echo", true, true)).messages)))[0]).toBe(
      "unavailable",
    );
  });
});

describe("large messages", () => {
  test("on many streams at once, both ways, while others are under way", async () => {
    const { channel } = serve({
      async *list({ data }) {
        for (let sent = 0; sent < 5; sent++) yield { data };
      },
    });
    const client = createClient(Definition, channel);
    const idle = new AbortController();
    const waiting = all(client.duplex(never(idle.signal), { signal: idle.signal }));
    const large = Buffer.alloc(3_000_000, "content");
    const bytes = async (answers: AsyncIterable<Blob>) => {
      let sum = 0;
      for await (const { data } of answers) sum += Buffer.compare(data, large) === 0 ? data.length : 0;
      return sum;
    };
    async function* requests() {
      for (let sent = 0; sent < 5; sent++) yield { data: large };
    }
    const sums = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        bytes(at % 2 === 0 ? client.list({ data: large }) : client.duplex(requests())),
      ),
    );
    expect(sums).toEqual(Array.from({ length: 10 }, () => 15_000_000));
    idle.abort();
    expect((await failure(waiting))[0]).toBe("cancelled");
  });

  test("beyond the limit are refused on either side", async () => {
    const { channel } = serve();
    const data = new Uint8Array((64 << 20) + 1);
    const refused = await failure(createClient(Definition, channel).unary({ data }));
    expect(refused).toEqual([
      "exhausted",
      "a message of 67108865 bytes is larger than the limit of 67108864",
    ]);
    expect(textOf(await createClient(Definition, channel).unary(text("on")))).toBe("on");
  });

  test("a server that is asked for more than is read holds back", async () => {
    let made = 0;
    const { channel } = serve({
      async *list() {
        for (; made < 1000; made++) yield { data: new Uint8Array(100_000) };
      },
    });
    const answers = createClient(Definition, channel).list(text(""))[Symbol.asyncIterator]();
    await answers.next();
    const after = await stable(() => made);
    expect(after).toBeLessThan(100);
    for (let read = 1; read < 1000; read++) await answers.next();
    expect(await answers.next()).toMatchObject({ done: true });
  });

  test("a client that asks faster than it is heard holds back", async () => {
    let made = 0;
    const gate = Promise.withResolvers<void>();
    const { channel } = serve({
      async collect(requests) {
        await gate.promise;
        return DEFAULTS.collect(requests, {} as CallContext);
      },
    });
    async function* requests() {
      for (; made < 300; made++) yield { data: new Uint8Array(100_000) };
    }
    const answer = createClient(Definition, channel).collect(requests());
    expect(await stable(() => made)).toBeLessThan(100);
    gate.resolve();
    expect((await answer).data.length).toBe(30_000_000);
  });
});

/** Ends with the signal, and yields nothing. */
async function* never(signal: AbortSignal): AsyncIterable<Blob> {
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}

/** What a counter says once it has not moved for a while. */
async function stable(read: () => number): Promise<number> {
  for (let before = -1; ; before = read()) {
    await Bun.sleep(50);
    if (before === read()) return before;
  }
}

describe("errors", () => {
  test("keep their kind and their text, whatever is in it", async () => {
    const message = 'no such thing: "ä→🐋" 100%\n\tdone%41';
    const { channel } = serve({
      unary() {
        throw notFound(message);
      },
      async *list() {
        yield text("first");
        throw notFound(message);
      },
    });
    const client = createClient(Definition, channel);
    expect(await failure(client.unary(text("")))).toEqual(["notFound", message]);
    expect(await failure(all(client.list(text(""))))).toEqual(["notFound", message]);
  });

  test("a method and a service that are not there", async () => {
    const { channel } = serve();
    const client = createClient(
      { fullName: "test.Blobs", methods: { none: method("None", false, false) } },
      channel,
    );
    const other = createClient({ ...Definition, fullName: "test.None" }, channel);
    expect(await failure(client.none(text("")))).toEqual([
      "notImplemented",
      "unknown method None for service test.Blobs",
    ]);
    expect(await failure(all(other.list(text(""))))).toEqual(["notImplemented", "unknown service test.None"]);
  });

  test("nobody at the socket, and somebody who is no gRPC server", async () => {
    const nobody = createClient(Definition, connect(join(folder, "none.sock")));
    expect(await failure(nobody.unary(text("")))).toEqual([
      "unavailable",
      `connection error: desc = "transport: error while dialing: dial unix ${folder}/none.sock: connect: no such file or directory"`,
    ]);
    const path = join(folder, "other.sock");
    const web = http2.createServer((_, response) => {
      response.writeHead(404, { "content-type": "text/html" });
      response.end("no");
    });
    await new Promise<void>((resolve) => web.listen(path, resolve));
    const channel = connect(path);
    undo.push(
      () => web.close(),
      () => channel.close(),
    );
    const [kind, message] = await failure(createClient(Definition, channel).unary(text("")));
    expect([kind, message]).toEqual([
      "notImplemented",
      'the server does not speak gRPC: it answered with HTTP status 404, content type "text/html"',
    ]);
  });

  test("a server that goes away ends what is under way, and is found again when it is back", async () => {
    const started = Promise.withResolvers<void>();
    const { socket, server, channel } = serve({
      async *list(_, { signal }) {
        started.resolve();
        yield* never(signal);
      },
    });
    const client = createClient(Definition, channel);
    const lost = failure(all(client.list(text(""))));
    await started.promise;
    await server.close(0);
    expect((await lost)[0]).toBe("unavailable");
    rmSync(socket, { force: true });
    const again = serveGrpc(socket, [blobs({})]);
    undo.push(() => again.close(0));
    expect(textOf(await client.unary(text("back")))).toBe("back");
  });

  test("requests that fail end the call with their error", async () => {
    const { channel } = serve();
    // biome-ignore lint/correctness/useYield: it fails before it yields.
    async function* requests(): AsyncIterable<Blob> {
      throw notFound("the source is gone");
    }
    expect(await failure(createClient(Definition, channel).collect(requests()))).toEqual([
      "notFound",
      "the source is gone",
    ]);
  });
});

describe("the end of a call before its time", () => {
  /** A server whose calls never end; `ended` resolves when one hears that its client has left. */
  function patient() {
    const ended = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const wait = async ({ signal }: CallContext) => {
      begun.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      ended.resolve();
    };
    const { channel } = serve({
      async unary(request, context) {
        await wait(context);
        return request;
      },
      async *list(request, context) {
        yield request;
        await wait(context);
      },
    });
    return { client: createClient(Definition, channel), ended: ended.promise, begun: begun.promise };
  }

  test("by the caller's signal", async () => {
    const { client, ended, begun } = patient();
    const abort = new AbortController();
    const call = failure(client.unary(text(""), { signal: abort.signal }));
    await begun;
    abort.abort();
    expect(await call).toEqual(["cancelled", "context canceled"]);
    await ended;
    expect(await failure(client.unary(text(""), { signal: abort.signal }))).toEqual([
      "cancelled",
      "context canceled",
    ]);
  });

  test("by leaving the loop", async () => {
    const { client, ended } = patient();
    for await (const answer of client.list(text("one"))) {
      expect(textOf(answer)).toBe("one");
      break;
    }
    await ended;
  });

  test("by its deadline, of which the server knows", async () => {
    const { client, ended } = patient();
    expect(await failure(client.unary(text(""), { timeout: 30 }))).toEqual([
      "deadline",
      "context deadline exceeded",
    ]);
    await ended;
  });

  test("by the server, which answers before all requests are there", async () => {
    const { channel } = serve({
      async collect(requests) {
        for await (const request of requests) return request;
        return text("none");
      },
    });
    let left = false;
    async function* requests() {
      try {
        for (;;) {
          yield text("first");
          await Bun.sleep(0);
        }
      } finally {
        left = true;
      }
    }
    expect(textOf(await createClient(Definition, channel).collect(requests()))).toBe("first");
    while (!left) await Bun.sleep(1);
  });

  test("close() lets what is under way finish", async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { channel, server } = serve({
      async unary(request) {
        begun.resolve();
        await gate.promise;
        return request;
      },
    });
    const call = createClient(Definition, channel).unary(text("late"));
    await begun.promise;
    const closed = server.close(60_000);
    gate.resolve();
    expect(textOf(await call)).toBe("late");
    await closed;
  });
});

test("namespace, lease and other fields reach the handler", async () => {
  const { channel } = serve({
    unary: (_, { namespace, lease, fields }) =>
      text(`${namespace} ${lease} ${fields.find(([name]) => name === "x-other")?.[1]}`),
  });
  const options = { namespace: "moby", lease: "l1", metadata: { "x-other": "more" } };
  expect(textOf(await createClient(Definition, channel).unary(text(""), options))).toBe("moby l1 more");
});
