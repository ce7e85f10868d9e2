/**
 * Work that would hold up the event loop lets it turn now and then: between its pieces it awaits `turn()`, which costs
 * next to nothing as long as all such work together has had the loop for less than BUDGET_MS since it last turned.
 */

/** Milliseconds. What waits meanwhile, such as an answer of the API, waits as long; and for the piece under way. */
const BUDGET_MS = 4;

let began: number | undefined;

/** A promise to await if the loop's turn has taken too long, else undefined. */
export function turn(now = performance.now()): Promise<void> | undefined {
  if (began === undefined) {
    began = now;
    setImmediate(() => {
      began = undefined;
    });
    return undefined;
  }
  return now - began < BUDGET_MS ? undefined : new Promise((resolve) => void setImmediate(resolve));
}
