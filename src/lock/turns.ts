/**
 * Lets so many pieces of work go on at a time; the others wait in the order of arrival. Not a lock: one that takes longer
 * than `patience` is let go on, but no longer counts, so that work that hangs holds nobody up for long.
 */
export class Turns {
  readonly #limit: number;
  readonly #patience: number;
  readonly #waiting: (() => void)[] = [];
  #counted = 0;

  /** `patience`: milliseconds. */
  constructor(limit: number, patience: number) {
    this.#limit = limit;
    this.#patience = patience;
  }

  /** Errors: those of `work`. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#counted < this.#limit) this.#counted++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let counts = true;
    const leave = () => {
      if (counts) this.#next();
      counts = false;
    };
    const timer = setTimeout(leave, this.#patience);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      leave();
    }
  }

  /** A place that has become free goes to who waits longest. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#counted--;
  }
}
