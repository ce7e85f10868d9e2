/**
 * Ends a shim that nobody needs: without tasks and without a connection. So a containerd that keeps a shim for its next
 * task, or dies before it has given one to it, need not come back to end it.
 */

/** Milliseconds from the start to the first connection, which a busy machine may take, and between looks later on. */
const FIRST = 10_000;
/** Milliseconds after the last connection has gone. */
const LATER = 3_000;

export class IdleWatch {
  readonly #isIdle: () => boolean;
  readonly #end: () => void;
  #connections = 0;
  #timer: ReturnType<typeof setTimeout>;

  constructor(isIdle: () => boolean, end: () => void) {
    this.#isIdle = isIdle;
    this.#end = end;
    this.#timer = this.#arm(FIRST);
  }

  #arm(delay: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      if (this.#connections > 0) return;
      if (this.#isIdle()) this.#end();
      else this.#timer = this.#arm(FIRST);
    }, delay);
  }

  /** To be called when the number of connections has changed. */
  connections(open: number): void {
    this.#connections = open;
    clearTimeout(this.#timer);
    if (open === 0) this.#timer = this.#arm(LATER);
  }
}
