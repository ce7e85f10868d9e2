/** How much the other side may still send: one for a stream, one for the connection (RFC 9113, section 5.2). */
export class ReceiveWindow {
  readonly #size: number;
  #left: number;
  #owed = 0;

  constructor(size: number) {
    this.#size = size;
    this.#left = size;
  }

  /** Bytes have come. Returns false when they are more than was allowed. */
  take(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /** Bytes are off our hands. Returns the increment to announce now, 0 while too little has gathered. */
  credit(bytes: number): number {
    this.#owed += bytes;
    if (this.#owed * 2 < this.#size) return 0;
    const increment = this.#owed;
    this.#left += increment;
    this.#owed = 0;
    return increment;
  }
}
