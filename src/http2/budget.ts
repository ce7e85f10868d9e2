/**
 * Limits how much another side may ask for that costs us work and brings nothing: pings, settings, resets of streams,
 * empty frames. A flood of them is an attack (CVE-2019-9512 and its kin, CVE-2023-44487); clients with sense stay far
 * below, for what is of use earns new credit, as does time.
 */
const FULL = 2_000;
const PER_SECOND = 500;

export class Budget {
  #left = FULL;
  #since: number;
  readonly #now: () => number;

  /** `now` tells milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#since = now();
  }

  /** Something of use was sent or received. */
  earn(): void {
    if (this.#left < FULL) this.#left++;
  }

  /** Returns false when the other side has exceeded what is sane. */
  spend(): boolean {
    if (this.#left < 1) this.#refill();
    return --this.#left >= 0;
  }

  #refill(): void {
    const now = this.#now();
    this.#left = Math.min(FULL, ((now - this.#since) / 1000) * PER_SECOND);
    this.#since = now;
  }
}
