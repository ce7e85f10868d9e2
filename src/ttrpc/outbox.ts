import type { Socket } from "bun";

/** What a socket could not take yet, in order; `drain` continues when it can. */
export class Outbox {
  readonly #waiting: Uint8Array[] = [];

  /** How many bytes wait: who produces more should hold back while this is large. */
  get size(): number {
    return this.#waiting.reduce((sum, data) => sum + data.length, 0);
  }

  send<T>(socket: Socket<T>, data: Uint8Array): void {
    if (this.#waiting.length > 0) {
      this.#waiting.push(data);
      return;
    }
    this.#write(socket, data);
  }

  drain<T>(socket: Socket<T>): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      if (!this.#write(socket, next)) return;
  }

  #write<T>(socket: Socket<T>, data: Uint8Array): boolean {
    const written = Math.max(0, socket.write(data));
    if (written === data.length) return true;
    this.#waiting.unshift(data.subarray(written));
    return false;
  }
}
