/** A connection over a stream of Node's kind, such as one that an HTTP/1.1 request was upgraded to. */
import type { Duplex } from "node:stream";
import { Connection, type ConnectionOptions } from "./connection.ts";

/** `head` are bytes that were received before the stream was handed over. */
export function connectionOverDuplex(
  duplex: Duplex,
  options: Omit<ConnectionOptions, "sink">,
  head?: Uint8Array,
): Connection {
  let full = false;
  const sink = {
    write(bytes: Uint8Array): number {
      if (full) return 0;
      // The stream keeps what it is given, and the array is only lent.
      full = !duplex.write(Buffer.from(bytes));
      return bytes.length;
    },
    end: () => void duplex.end(),
  };
  const connection = new Connection({ sink, ...options });
  duplex.on("data", (bytes: Uint8Array) => connection.receive(bytes));
  duplex.on("drain", () => {
    full = false;
    connection.drained();
  });
  duplex.once("end", () => connection.ended());
  duplex.once("close", () => connection.ended());
  duplex.once("error", (error) => connection.ended(error));
  if (head && head.length > 0) connection.receive(head);
  return connection;
}
