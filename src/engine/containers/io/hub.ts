import type { StreamName } from "../../logs/types.ts";

/** Somebody who is attached to a process's output. */
export interface OutputListener {
  /** The process's output waits until this resolves. Must not throw. */
  /** The chunk stays as it is until all have it. */
  write(stream: StreamName, chunk: Uint8Array): void | Promise<void>;
  /** The process has ended, and all its output has been written. */
  end(): void;
}

/** Those attached to one container or exec; it outlives single runs of the process. */
export class OutputHub {
  readonly #listeners = new Set<OutputListener>();

  /** Returns the function that detaches. */
  attach(listener: OutputListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The chunk stays as it is until all have it. */
  write(stream: StreamName, chunk: Uint8Array): void | Promise<void> {
    if (this.#listeners.size === 0) return undefined;
    const waits: Promise<void>[] = [];
    for (const listener of this.#listeners) {
      const wait = listener.write(stream, chunk);
      if (wait) waits.push(wait);
    }
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  /** Tells all that there is no more, and forgets them. */
  end(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener.end();
  }
}
