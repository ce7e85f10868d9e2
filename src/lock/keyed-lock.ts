/** A lock for each key: work of one key runs one after another, in the order of arrival; that of others meanwhile. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Errors: those of `work`, which do not touch what comes after it. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(work);
    const tail = result.catch(() => {});
    this.#tails.set(key, tail);
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    return result;
  }
}
