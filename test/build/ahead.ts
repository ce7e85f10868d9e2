/**
 * Begins jobs in their order, `width` of them side by side, once `after` is settled. Each result can be awaited whenever
 * it is wanted; a job that fails fails for who awaits it.
 */
export function workAhead<T>(
  width: number,
  jobs: readonly (() => Promise<T>)[],
  after: Promise<unknown> = Promise.resolve(),
): Promise<T>[] {
  const slots = jobs.map(() => Promise.withResolvers<T>());
  let next = 0;
  const work = async (): Promise<void> => {
    await after.catch(() => {});
    while (next < jobs.length) {
      const at = next++;
      const { resolve, reject, promise } = slots[at]!;
      promise.catch(() => {});
      await jobs[at]!().then(resolve, reject);
    }
  };
  for (let i = 0; i < width; i++) void work();
  return slots.map(({ promise }) => promise);
}
