/** Runs things one after another that have the same key; things with different keys at the same time. */
export class KeyedLock {
  private readonly tails = new Map<string, Promise<unknown>>();

  /** Errors: those of `action`, which do not touch what runs after it. */
  async run<T>(key: string, action: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key);
    const mine = (before ?? Promise.resolve()).then(action, action);
    this.tails.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.tails.get(key) === mine) this.tails.delete(key);
    }
  }
}
