/** Milliseconds of quiet after which memory is given back. */
const QUIET = 400;

let timer: ReturnType<typeof setTimeout> | undefined;

/** Collects garbage and gives memory back to the kernel. Takes one to two milliseconds. */
export function trim(): void {
  Bun.gc(true);
  Bun.shrink();
}

/**
 * Trims once nothing has been asked for a moment: a shim sleeps for the life of its container, and the
 * engine by itself would keep what the start needed.
 */
export function trimSoon(): void {
  clearTimeout(timer);
  timer = setTimeout(trim, QUIET);
}
