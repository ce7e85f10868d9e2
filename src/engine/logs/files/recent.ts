/** What became of the records between two places of a log's file. */
interface Piece<T> {
  /** Rotations before this file. */
  generation: number;
  /** Bytes from the file's beginning. */
  start: number;
  end: number;
  value: T;
}

/** Followers in step are never further from each other. */
const PIECES = 4;

/** The last pieces that a follower of a log has read: those that come to the same places have the same done with them. */
export class Recent<T> {
  readonly #pieces: Piece<T>[] = [];
  #followers = 0;

  find(generation: number, start: number): Piece<T> | undefined {
    return this.#pieces.find((piece) => piece.start === start && piece.generation === generation);
  }

  add(piece: Piece<T>): void {
    if (this.#followers < 2) return;
    this.#pieces.push(piece);
    if (this.#pieces.length > PIECES) this.#pieces.shift();
  }

  enter(): void {
    this.#followers++;
  }

  /** Without others, nothing is kept. */
  leave(): void {
    this.#followers--;
    if (this.#followers < 2) this.#pieces.length = 0;
  }
}
