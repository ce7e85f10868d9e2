/**
 * Shims of this build that serve several tasks, as the shim v2 contract allows: a process less for each task saves
 * memory and the time of its start. A shim that dies takes its tasks along, so it gets few.
 */

interface Member {
  readonly namespace: string;
  tasks: number;
}

export class ShimPool {
  readonly #limit: number;
  /** By address. */
  readonly #shims = new Map<string, Member>();

  /** `limit`: tasks a shim; 1 for none shared. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a place in a shim of that namespace and returns its address; undefined when none has one free. */
  join(namespace: string): string | undefined {
    for (const [address, shim] of this.#shims) {
      if (shim.namespace !== namespace || shim.tasks >= this.#limit) continue;
      shim.tasks++;
      return address;
    }
    return undefined;
  }

  /** Notes one more task of a shim that may be shared. */
  add(namespace: string, address: string): void {
    const shim = this.#shims.get(address);
    if (shim) shim.tasks++;
    else this.#shims.set(address, { namespace, tasks: 1 });
  }

  /** Gives a place back. True if nothing is left in that shim: it is to be shut down, and nobody joins it any more. */
  leave(address: string): boolean {
    const shim = this.#shims.get(address);
    if (!shim) return true;
    shim.tasks--;
    if (shim.tasks > 0) return false;
    this.#shims.delete(address);
    return true;
  }

  /** Nobody is to join a shim that does not answer. */
  forget(address: string): void {
    this.#shims.delete(address);
  }
}
