/** The collector waits longer, the more memory was in use before: beside a stream of many bytes, too long. */

/** So many bytes passing through leave as many behind them, or several times so. */
const AFTER = 32 * 1024 * 1024;
let passed = 0;

/** To be told of bytes that pass through: now and then the collector is asked to run. */
export function collectSometimes(bytes: number): void {
  passed += bytes;
  if (passed < AFTER) return;
  passed = 0;
  Bun.gc(false);
}
