/** A two-way byte stream to an engine. Reading has back-pressure: what nobody reads stays with the sender. */
export interface Wire {
  /** The next bytes; undefined at the end. One reader at a time. */
  read(): Promise<Uint8Array | undefined>;
  /** Resolves when the bytes have been handed over. Errors: when the other side is gone. */
  write(data: Uint8Array): Promise<void>;
  /** Says that nothing more will be written, while reading goes on. */
  closeWrite(): void;
  close(): void;
  /** Whether the other side has ended the stream or it has failed. */
  readonly ended: boolean;
}

const HIGH_WATER = 1 << 20;
const LOW_WATER = 1 << 18;

/** The reading half of a wire: a queue filled by callbacks, emptied by read(). */
export class Inbox {
  ended = false;
  #error: Error | undefined;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #paused = false;
  #waiting: { resolve: (chunk: Uint8Array | undefined) => void; reject: (error: Error) => void } | undefined;
  readonly #flow: { pause(): void; resume(): void };

  constructor(flow: { pause(): void; resume(): void }) {
    this.#flow = flow;
  }

  push(chunk: Uint8Array): void {
    const waiting = this.#waiting;
    if (waiting) {
      this.#waiting = undefined;
      waiting.resolve(chunk);
      return;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > HIGH_WATER && !this.#paused) {
      this.#paused = true;
      this.#flow.pause();
    }
  }

  end(error?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.#error = error;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (error) waiting?.reject(error);
    else waiting?.resolve(undefined);
  }

  read(): Promise<Uint8Array | undefined> {
    const chunk = this.#chunks.shift();
    if (chunk) {
      this.#bytes -= chunk.length;
      if (this.#paused && this.#bytes < LOW_WATER) {
        this.#paused = false;
        this.#flow.resume();
      }
      return Promise.resolve(chunk);
    }
    if (this.#error) return Promise.reject(this.#error);
    if (this.ended) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }
}
