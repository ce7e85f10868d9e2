import { invalidArgument } from "../../../errors/errors.ts";

const DEFAULT_KEYS = "ctrl-p,ctrl-q";

/** The bytes of a key sequence such as "ctrl-p,ctrl-q" or "a,b". Errors: invalidArgument. */
export function parseDetachKeys(text: string): Uint8Array {
  const keys = (text === "" ? DEFAULT_KEYS : text).split(",");
  return Uint8Array.from(keys, (key) => keyByte(key, text));
}

function keyByte(key: string, whole: string): number {
  if (key.length === 1) return key.charCodeAt(0);
  const match = /^ctrl-([a-zA-Z@[\\\]^_])$/.exec(key);
  if (!match) throw invalidArgument(`invalid detach keys (${whole}) provided: Unknown character: '${key}'`);
  return match[1]!.toUpperCase().charCodeAt(0) & 0x1f;
}

/**
 * Looks for the detach sequence in what a person types. Bytes that may begin the sequence are held back until it is
 * clear that they do not.
 */
export class DetachScanner {
  readonly #keys: Uint8Array;
  #matched = 0;

  constructor(keys: Uint8Array) {
    this.#keys = keys;
  }

  /** What to pass on, and whether the sequence has been completed (then nothing after it is passed on). */
  push(chunk: Uint8Array): { data: Uint8Array; detached: boolean } {
    const out: number[] = [];
    for (const byte of chunk) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { data: Uint8Array.from(out), detached: true };
        continue;
      }
      out.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) out.push(byte);
    }
    return { data: Uint8Array.from(out), detached: false };
  }
}
