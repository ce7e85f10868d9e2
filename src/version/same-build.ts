/** What the programs of one build agree on among themselves, beside the public contracts. */
import { isSameFile } from "../linux/same-file.ts";

/**
 * Settings of the JavaScript engine for a process that sleeps nearly always: helper threads for collecting and
 * compiling would only cost memory. Measurements are in docs/decisions.md.
 */
export const SLEEPER_SETTINGS: Readonly<Record<string, string>> = {
  BUN_JSC_useWarmUpMarkedBlocks: "0",
  BUN_JSC_useConcurrentGC: "0",
  BUN_JSC_numberOfGCMarkers: "1",
  BUN_JSC_useConcurrentJIT: "0",
  BUN_JSC_useDFGJIT: "0",
  BUN_JSC_useBaselineJIT: "0",
  MIMALLOC_PURGE_DELAY: "0",
};

/**
 * Settings for a program that ends after some milliseconds: what it runs is not worth compiling, and helper
 * threads take the processor from it. Saves docker-runc a sixth of its processor time.
 */
export const SHORT_LIVED_SETTINGS: Readonly<Record<string, string>> = {
  BUN_JSC_useConcurrentGC: "0",
  BUN_JSC_numberOfGCMarkers: "1",
  BUN_JSC_useDFGJIT: "0",
  BUN_JSC_useBaselineJIT: "0",
};

/**
 * Set to "1" for the shim's `start`: it prints its address, lets go of stdin, stdout and stderr, and stays to serve,
 * instead of starting a second process for that. Saves the start of one program for each container. Only for callers
 * that take the end of stdout for the end of `start`, and start it in a session of its own.
 */
export const SHIM_STAYS = "PEQUOD_SHIM_STAYS";

/**
 * Set to "1" for docker-runc by a caller that reads the error from the --log file: it is not told on stderr as well, which
 * is the container's own and would carry it into the container's log.
 */
export const ERRORS_ARE_LOGGED = "PEQUOD_ERRORS_ARE_LOGGED";

/**
 * Set for docker-runc to the process id of a shim: docker-runc ends with it. What it leaves half-made is cleared by whoever
 * clears up after the shim, which could not find what an orphan goes on to make afterwards.
 */
export const ENDS_WITH = "PEQUOD_ENDS_WITH";

/** Whether a program is this very executable under another name. */
export function isSameBuild(path: string): boolean {
  return isSameFile(path, process.execPath);
}
