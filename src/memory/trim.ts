/** Gives memory back to the kernel while a process sleeps: the engine by itself keeps what its busiest moment needed. */

/**
 * Collects garbage and gives memory back. Takes 1 to 2 ms in a shim, some 10 ms in a daemon, and drops compiled code as
 * well: what runs next is slower until it has been compiled again (20 ms for a `docker run`). So never amid work.
 */
export function trim(): void {
  Bun.gc(true);
  Bun.shrink();
}

/** A function to call at each sign of work: `quiet` milliseconds after the last one, memory is trimmed. */
export function trimWhenQuiet(quiet: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(trim, quiet);
    timer.unref();
  };
}
