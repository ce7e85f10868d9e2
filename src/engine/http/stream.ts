import type { Writable } from "node:stream";
import { cancelled } from "../../errors/errors.ts";

/** Writes and waits until there is room for more. Errors: cancelled when the client has gone. */
export function writeChunk(out: Writable, chunk: string | Uint8Array): Promise<void> {
  if (out.destroyed || out.writableEnded) return Promise.reject(cancelled("client closed the connection"));
  if (out.write(chunk)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => {
      out.off("drain", onDrain);
      out.off("close", onClose);
      out.off("error", onClose);
      outcome();
    };
    const onDrain = () => settle(resolve);
    const onClose = () => settle(() => reject(cancelled("client closed the connection")));
    out.once("drain", onDrain);
    out.once("close", onClose);
    out.once("error", onClose);
  });
}
