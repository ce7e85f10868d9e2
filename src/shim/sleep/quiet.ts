/** The moment for something that is to happen when there is no work. */

/** An attempt that came to nothing is made again after twice the time, at most after this many milliseconds. */
const LONGEST = 60_000;

/**
 * A function to call at each sign of work: `quiet` milliseconds after the last one, `attempt` is made, and again as long
 * as it comes back.
 */
export function whenQuiet(quiet: number, attempt: () => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const arm = (delay: number): void => {
    timer = setTimeout(async () => {
      const own = timer;
      await attempt();
      if (timer === own) arm(Math.min(delay * 2, LONGEST));
    }, delay);
  };
  return () => {
    clearTimeout(timer);
    arm(quiet);
  };
}
