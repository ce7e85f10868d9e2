import { availableParallelism } from "node:os";
import { Slots } from "../registry/slots.ts";
import type { Growth } from "./growing.ts";

/** Layers unpacked at the same time of those that are here. */
const HERE = Math.max(2, Math.min(4, availableParallelism()));
/** And of those that are still coming in, perhaps slowly: they shall not hold up the others. */
const COMING = 1;

/** Limits how many layers are unpacked at the same time, over all images. */
export class UnpackPlaces {
  readonly #here = new Slots(() => HERE);
  readonly #coming = new Slots(() => COMING);

  /** Waits for a place; call the result to leave it. Errors: cancelled; those of the growth. */
  async enter(growth: Growth | undefined, signal: AbortSignal): Promise<() => void> {
    if (!growth || (await growth.next(0)).complete) return this.#here.enter(signal);
    if (!this.#coming.full) return this.#coming.enter(signal);
    await growth.next(Number.POSITIVE_INFINITY);
    return this.#here.enter(signal);
  }
}
