import { cancelled } from "../../errors/errors.ts";

/** A limited number of places, given out in order. */
export class Slots {
  private taken = 0;
  private readonly queue: (() => void)[] = [];

  /** `limit` is asked each time, so that it can be changed while in use. */
  constructor(private readonly limit: () => number) {}

  /** How many are inside. */
  get used(): number {
    return this.taken;
  }

  /** True if the next who enters must wait. */
  get full(): boolean {
    return this.taken >= Math.max(1, this.limit());
  }

  /** Waits for a place; call the result to leave it. Errors: cancelled. */
  async enter(signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) throw cancelled("context canceled");
    if (this.full) await this.wait(signal);
    else this.taken++;
    let inside = true;
    return () => {
      if (inside) this.leave();
      inside = false;
    };
  }

  private wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      const abort = (): void => {
        this.queue.splice(this.queue.indexOf(go), 1);
        reject(cancelled("context canceled"));
      };
      signal.addEventListener("abort", abort, { once: true });
      this.queue.push(go);
    });
  }

  /** Lets in those who wait, where the limit has risen. */
  admit(): void {
    while (!this.full && this.queue.length > 0) {
      this.taken++;
      this.queue.shift()!();
    }
  }

  /** Hands the place to the next in line, if the limit still allows it. */
  private leave(): void {
    const next = this.taken <= this.limit() ? this.queue.shift() : undefined;
    if (next) next();
    else this.taken--;
  }
}
