/** Bytes of one stream that wait for room in windows and on the wire; they are not copied until then. */
export class SendQueue {
  #pieces: Uint8Array[] = [];
  /** How much of the first piece has left. */
  #offset = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#size += piece.length;
  }

  /** Moves as many bytes as `place` holds, which must not be more than there are. */
  fill(place: Uint8Array): void {
    let filled = 0;
    let used = 0;
    while (filled < place.length) {
      const piece = this.#pieces[used]!;
      const part = piece.subarray(this.#offset, this.#offset + place.length - filled);
      place.set(part, filled);
      filled += part.length;
      this.#offset += part.length;
      if (this.#offset < piece.length) break;
      this.#offset = 0;
      used++;
    }
    this.#pieces.splice(0, used);
    this.#size -= filled;
  }

  clear(): void {
    this.#pieces = [];
    this.#offset = 0;
    this.#size = 0;
  }
}
