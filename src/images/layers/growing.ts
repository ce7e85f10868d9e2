/** Files that are read while they are still being written: a layer is unpacked while it comes in. */
import { closeSync, openSync, readSync } from "node:fs";
import { systemError } from "../../errors/errors.ts";

/** How far a file has come. */
export interface Grown {
  /** Bytes that are there. */
  size: number;
  /** There will be no more, and what is there is right. */
  complete: boolean;
}

/** What a reader needs to know of a file that is being written. */
export interface Growth {
  /** Waits until there are more than `seen` bytes, or all. Errors: the writer's; RestartedError. */
  next(seen: number): Promise<Grown>;
}

/** The writer has begun anew: what was read so far does not count. */
export class RestartedError extends Error {
  constructor() {
    super("the file is being written anew");
  }
}

/** The writer's side. Readers only ever see what has been written. */
export class Growing {
  #grown: Grown = { size: 0, complete: false };
  #failure: { error: unknown } | undefined;
  #generation = 0;
  #changed = Promise.withResolvers<void>();

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** So many bytes are there now; fewer than before: it has been begun anew. */
  grow(size: number): void {
    if (size < this.#grown.size) this.#generation++;
    if (size === this.#grown.size) return;
    this.#grown = { size, complete: false };
    this.#tell();
  }

  finish(): void {
    this.#grown = { ...this.#grown, complete: true };
    this.#tell();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#tell();
  }

  /** For one reader that starts at the beginning. */
  reader(): Growth {
    const generation = this.#generation;
    return {
      next: async (seen) => {
        for (;;) {
          if (this.#failure) throw this.#failure.error;
          if (generation !== this.#generation) throw new RestartedError();
          if (this.#grown.complete || this.#grown.size > seen) return this.#grown;
          await this.#changed.promise;
        }
      },
    };
  }
}

const PIECE = 256 * 1024;

/** Bytes of a file that grows. With `reuse` a piece is valid until the next one is asked for. */
export async function* follow(
  file: string,
  growth: Growth,
  reuse: (first: Uint8Array) => boolean,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  const fd = openSync(file, "r");
  try {
    let buffer = Buffer.allocUnsafe(PIECE);
    let again: boolean | undefined;
    for (;;) {
      const grown = await growth.next(at);
      if (at >= grown.size) return;
      while (at < grown.size) {
        const got = readSync(fd, buffer, 0, Math.min(PIECE, grown.size - at), at);
        if (got === 0) throw systemError(`${file} has become shorter while it was read`);
        at += got;
        const piece = buffer.subarray(0, got);
        again ??= reuse(piece);
        yield piece;
        if (!again) buffer = Buffer.allocUnsafe(PIECE);
      }
    }
  } finally {
    closeSync(fd);
  }
}

/** The growth of a file that does not grow. */
export const finished = (size: number): Growth => ({
  next: async () => ({ size, complete: true }),
});
