import type { JSONStream } from "../../http/route.ts";

/** Messages of a build to its client, in order; the answer begins with the first of them. */
export class MessageQueue {
  readonly #open: () => JSONStream;
  readonly #queue: unknown[] = [];
  #stream: JSONStream | undefined;
  #draining: Promise<void> | undefined;
  #gone = false;

  constructor(open: () => JSONStream) {
    this.#open = open;
  }

  /** Something has been sent: the answer's status can be changed no more. */
  get begun(): boolean {
    return this.#stream !== undefined;
  }

  send(message: unknown): void {
    if (this.#gone) return;
    this.#queue.push(message);
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    this.#stream ??= this.#open();
    try {
      while (this.#queue.length > 0) await this.#stream.write(this.#queue.shift());
    } catch {
      // The client has gone; the request's signal stops the build.
      this.#gone = true;
      this.#queue.length = 0;
    } finally {
      this.#draining = undefined;
    }
  }

  async end(): Promise<void> {
    await this.#draining;
    if (this.#gone) return;
    this.#stream ??= this.#open();
    this.#stream.end();
  }
}
