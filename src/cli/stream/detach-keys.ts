/** ctrl-P ctrl-Q. */
export const DEFAULT_DETACH_KEYS: readonly number[] = [16, 17];

const CONTROL_PUNCTUATION: Record<string, number> = { "@": 0, "[": 27, "\\": 28, "]": 29, "^": 30, _: 31 };

/** The bytes of a sequence such as "ctrl-p,ctrl-q" or "a,b". Errors: for a key that is none. */
export function parseDetachKeys(text: string): number[] {
  return text.split(",").map((key) => {
    if ([...key].length === 1 && key.charCodeAt(0) < 128) return key.charCodeAt(0);
    const control = /^ctrl-(.)$/.exec(key)?.[1];
    if (control !== undefined && /[a-z]/.test(control)) return control.charCodeAt(0) - 96;
    const code = control === undefined ? undefined : CONTROL_PUNCTUATION[control];
    if (code === undefined) throw new Error(`Unknown character: '${key}'`);
    return code;
  });
}

/** What of a piece of input may be passed on, and whether the sequence is complete. */
export interface Filtered {
  data: Uint8Array;
  detached: boolean;
}

/** Looks for the detach sequence in input that comes piece by piece; a possible beginning of it is held back. */
export class DetachFilter {
  readonly #keys: readonly number[];
  #matched = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  push(chunk: Uint8Array): Filtered {
    const out: number[] = [];
    for (const byte of chunk) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { data: Uint8Array.from(out), detached: true };
        continue;
      }
      out.push(...this.#keys.slice(0, this.#matched), byte);
      this.#matched = 0;
    }
    return { data: Uint8Array.from(out), detached: false };
  }
}
