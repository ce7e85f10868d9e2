/**
 * gRPC servers. Handlers throw errors with a kind; the status is chosen in status.ts and nowhere else.
 */
import type { Duplex } from "node:stream";
import { notImplemented } from "../errors/errors.ts";
import type { Connection } from "../http2/connection.ts";
import { connectionOverDuplex } from "../http2/duplex.ts";
import type { Field } from "../http2/hpack/table.ts";
import { type Address, listenHttp2 } from "../http2/socket.ts";
import type { Stream, StreamEvents } from "../http2/stream.ts";
import { ServerCall } from "./server-call.ts";
import { type MethodTable, type Service, ServiceMethods } from "./service.ts";
import { fieldValue, trailersOf } from "./status.ts";

export { type CallContext, type Service, type ServiceHandlers, ServiceMethods, service } from "./service.ts";

const NOTHING: StreamEvents = { fields() {}, data() {}, writable() {}, aborted() {} };

/** Answers without looking at what else comes. */
function refuse(stream: Stream, fields: readonly Field[]): StreamEvents {
  stream.end(fields, { stop: true });
  return NOTHING;
}

/** What accepts the requests of a connection. */
function acceptFor(methods: MethodTable, onCall: () => void) {
  return (stream: Stream, fields: readonly Field[], ended: boolean): StreamEvents => {
    if (fieldValue(fields, ":method") !== "POST") return refuse(stream, [[":status", "405"]]);
    if (!fieldValue(fields, "content-type")?.startsWith("application/grpc"))
      return refuse(stream, [[":status", "415"]]);
    const path = fieldValue(fields, ":path") ?? "";
    const method = methods.get(path);
    if (!method) {
      const trailers = trailersOf(notImplemented(methods.missing(path)));
      return refuse(stream, [[":status", "200"], ["content-type", "application/grpc"], ...trailers]);
    }
    onCall();
    const call = new ServerCall(stream, method, fields);
    call.start(ended);
    return call;
  };
}

export interface GrpcServer {
  /** The port of a TCP address. */
  readonly port: number | undefined;
  /** Answers what is under way, at most `grace` milliseconds. */
  close(grace: number): Promise<void>;
}

/** Serves on a unix socket, which must not exist, or a TCP address. `onCall` runs at the start of each call. */
export function serveGrpc(
  address: Address,
  services: readonly Service[],
  onCall: () => void = () => {},
): GrpcServer {
  const accept = acceptFor(new ServiceMethods(services), onCall);
  const connections = new Set<Connection>();
  let idle: (() => void) | undefined;
  const open = (make: (closed: () => void) => Connection) => {
    const connection = make(() => {
      connections.delete(connection);
      if (connections.size === 0) idle?.();
    });
    connections.add(connection);
    return connection;
  };
  const listener = listenHttp2(address, (make) => open((closed) => make({ accept, closed })));
  return {
    port: listener.port,
    async close(grace) {
      listener.stop();
      if (connections.size === 0) return;
      const closed = new Promise<void>((resolve) => {
        idle = resolve;
      });
      const timer = setTimeout(() => {
        for (const connection of connections) connection.destroy();
      }, grace);
      for (const connection of connections) connection.close();
      await closed;
      clearTimeout(timer);
    },
  };
}

/**
 * Serves the one connection that a stream is, such as an upgraded request. `head` are bytes that came with it. When it
 * ends, `closed` is called.
 */
export function serveDuplex(
  duplex: Duplex,
  methods: MethodTable,
  closed: () => void = () => {},
  head?: Uint8Array,
): Connection {
  return connectionOverDuplex(duplex, { accept: acceptFor(methods, () => {}), closed }, head);
}
