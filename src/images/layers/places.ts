import { availableParallelism } from "node:os";
import { Slots } from "../registry/slots.ts";
import type { Growth } from "./growing.ts";

/** Layers unpacked at the same time: each by a process, which takes a processor and some 40 MB of memory. */
const MOST = Math.max(2, Math.min(4, availableParallelism()));
/** Of them those that are still coming in, perhaps slowly: they shall not hold up the others. */
const COMING = 1;

/** Limits how many layers are unpacked at the same time, over all images. */
export class UnpackPlaces {
  readonly #coming = new Slots(() => COMING);
  readonly #here = new Slots(() => MOST - this.#coming.used);

  /** Waits for a place; call the result to leave it. Errors: cancelled; those of the growth. */
  async enter(growth: Growth | undefined, signal: AbortSignal): Promise<() => void> {
    if (!growth || (await growth.next(0)).complete) return this.#here.enter(signal);
    if (!this.#coming.full && this.#here.used < MOST) return this.#enterComing(signal);
    await growth.next(Number.POSITIVE_INFINITY);
    return this.#here.enter(signal);
  }

  async #enterComing(signal: AbortSignal): Promise<() => void> {
    const leave = await this.#coming.enter(signal);
    return () => {
      leave();
      this.#here.admit();
    };
  }
}
