/** Lets one piece of work at a time in, in the order of arrival. Not re-entrant. */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  /** Errors: those of `work`, which do not touch what comes after it. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
