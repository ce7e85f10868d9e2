/**
 * Messages of one stream, for a loop that takes one after the other. While more of them wait than is sensible, the other
 * side is given no room to send further.
 */
const HIGH_WATER = 256 << 10;

interface Waiting<T> {
  resolve(result: IteratorResult<T>): void;
  reject(error: unknown): void;
}

export interface InboxOptions<T> {
  decode(message: Uint8Array): T;
  /** Bytes that the other side may send again. */
  consumed(bytes: number): void;
  /** The loop was left. */
  left(): void;
}

export class Inbox<T> implements AsyncIterableIterator<T> {
  readonly #options: InboxOptions<T>;
  #messages: Uint8Array[] = [];
  #size = 0;
  /** Bytes that came and have not been told as consumed. */
  #held = 0;
  readonly #waiting: Waiting<T>[] = [];
  #end: { error: unknown } | undefined;

  constructor(options: InboxOptions<T>) {
    this.#options = options;
  }

  /** Bytes have come, whether they complete a message or not; after push() of those that they complete. */
  received(bytes: number): void {
    this.#held += bytes;
    this.#release();
  }

  push(message: Uint8Array): void {
    if (this.#end) return;
    const waiting = this.#waiting.shift();
    if (waiting) {
      this.#deliver(waiting, message);
      return;
    }
    this.#messages.push(message);
    this.#size += message.length;
  }

  /** No more messages; those that wait are still taken first. */
  end(error?: unknown): void {
    if (this.#end) return;
    this.#end = { error };
    for (const waiting of this.#waiting.splice(0)) this.#finish(waiting);
  }

  next(): Promise<IteratorResult<T>> {
    return new Promise((resolve, reject) => {
      const message = this.#messages.shift();
      if (message) {
        this.#size -= message.length;
        this.#release();
        this.#deliver({ resolve, reject }, message);
      } else if (this.#end) this.#finish({ resolve, reject });
      else this.#waiting.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#messages = [];
    this.#size = 0;
    this.#end = { error: undefined };
    this.#options.left();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #deliver(waiting: Waiting<T>, message: Uint8Array): void {
    try {
      waiting.resolve({ done: false, value: this.#options.decode(message) });
    } catch (error) {
      waiting.reject(error);
    }
  }

  #finish(waiting: Waiting<T>): void {
    const error = this.#end?.error;
    this.#end = { error: undefined };
    if (error === undefined) waiting.resolve({ done: true, value: undefined });
    else waiting.reject(error);
  }

  #release(): void {
    if (this.#held === 0 || this.#size >= HIGH_WATER) return;
    const held = this.#held;
    this.#held = 0;
    this.#options.consumed(held);
  }
}
