import type { Codec } from "../protobuf/message.ts";
import type { Method } from "./service.ts";

const BYTES: Codec<Uint8Array> = {
  encode: (message) => message,
  decode: (bytes) => bytes,
};

/** A method whose messages stay as they are encoded, and stream in both directions. */
export function rawMethod(
  name: string,
  run: (
    messages: AsyncIterable<Uint8Array>,
    metadata: Readonly<Record<string, string>>,
  ) => AsyncIterable<Uint8Array>,
): Method {
  return {
    definition: { name, requestType: BYTES, requestStream: true, responseType: BYTES, responseStream: true },
    load:
      async () =>
      (messages, { fields }) =>
        run(messages as AsyncIterable<Uint8Array>, Object.fromEntries(fields)),
  };
}
