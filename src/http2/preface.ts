import { CODE, ConnectionError } from "./errors.ts";
import { PREFACE } from "./frames.ts";

/** What a client must say first (RFC 9113, section 3.4). */
export class Preface {
  #seen = 0;

  /** Checks what belongs to the preface and returns what comes after. Errors: ConnectionError. */
  pass(bytes: Uint8Array): Uint8Array {
    let at = 0;
    for (; at < bytes.length && this.#seen < PREFACE.length; at++, this.#seen++)
      if (bytes[at] !== PREFACE.charCodeAt(this.#seen))
        throw new ConnectionError(CODE.PROTOCOL_ERROR, "this is not the beginning of HTTP/2");
    return at === 0 ? bytes : bytes.subarray(at);
  }
}
