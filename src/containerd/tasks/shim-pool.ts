/**
 * Shims of this build that serve several tasks, as the shim v2 contract allows: a process less for each task saves
 * memory and the time of its start. A shim that dies takes its tasks along, so it gets few. One without tasks is kept
 * for a moment, for the next task; it ends by itself when nobody comes (src/shim/idle.ts).
 */

/** Milliseconds for which a shim without tasks is given new ones; well below the time after which it ends by itself. */
const LINGER = 1_000;

interface Shim {
  readonly namespace: string;
  /** Rejects when it could not be started. */
  readonly address: Promise<string>;
  tasks: number;
  timer: NodeJS.Timeout | undefined;
}

export interface Place {
  address: string;
  /** Whether the shim was started for this task. */
  started: boolean;
}

export class ShimPool {
  readonly #limit: number;
  readonly #shims = new Set<Shim>();
  readonly #byAddress = new Map<string, Shim>();

  /** `limit`: tasks a shim. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A place in a shim of that namespace, which may be starting just now, or in one that `start` makes. */
  async place(namespace: string, start: () => Promise<string>): Promise<Place> {
    for (;;) {
      const shim = this.#withRoom(namespace);
      if (!shim) return { address: await this.#start(namespace, start), started: true };
      clearTimeout(shim.timer);
      shim.tasks++;
      const address = await shim.address.catch(() => undefined);
      if (address !== undefined) return { address, started: false };
    }
  }

  #withRoom(namespace: string): Shim | undefined {
    return [...this.#shims].find((shim) => shim.namespace === namespace && shim.tasks < this.#limit);
  }

  async #start(namespace: string, start: () => Promise<string>): Promise<string> {
    const shim: Shim = { namespace, address: start(), tasks: 1, timer: undefined };
    this.#shims.add(shim);
    try {
      const address = await shim.address;
      this.#byAddress.set(address, shim);
      return address;
    } catch (error) {
      this.#shims.delete(shim);
      throw error;
    }
  }

  /** Gives a place back. True if the shim is none of the pool's, and is to be shut down by the caller. */
  leave(address: string): boolean {
    const shim = this.#byAddress.get(address);
    if (!shim) return true;
    shim.tasks--;
    if (shim.tasks === 0) shim.timer = setTimeout(() => this.forget(address), LINGER);
    return false;
  }

  /** Nobody is to join that shim any more. */
  forget(address: string): void {
    const shim = this.#byAddress.get(address);
    if (!shim) return;
    clearTimeout(shim.timer);
    this.#byAddress.delete(address);
    this.#shims.delete(shim);
  }

  close(): void {
    for (const address of [...this.#byAddress.keys()]) this.forget(address);
  }
}
