/** Our client and the stock one with the same arguments: what is needed to compare them. */
import type { Result } from "./engine.ts";
import { STOCK_CLI } from "./engine.ts";

/** The stock client whose outputs ours are compared with, to the byte. */
const COMPARED = "28.2.2";

/** Whether that version is here; without it a comparison has no meaning. */
export function hasComparedClient(): boolean {
  if (!STOCK_CLI) return false;
  const { stdout } = Bun.spawnSync([STOCK_CLI, "--version"]);
  return stdout.toString().includes(`version ${COMPARED},`);
}

const IDS = /\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g;
const AGES = /(Less than a|About a|About an|\d+) (second|minute|hour)s?/g;
const MOMENTS =
  /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| ?[+-]\d\d:?\d\d( [A-Z0-9+]+)?)?|"time(Nano)?":\d+/g;
/** What an engine counts of itself changes with every request; so does what a client says of its own build. */
const COUNTS =
  /(File Descriptors|Goroutines|System Time|EventsListeners): .*|"(NFd|NGoroutines|NEventsListener)":\d+|"SystemTime":"[^"]*"/g;
/** The client's own version is another, of course. */
const OWN_VERSION = /^(Client:\n Version: +)\S+$/m;
/** Known and meant: stock misspells this line; it lists runtimes in the order of a Go map, which is any. */
const STOCK_TYPO = /^SRun '/gm;
const RUNTIMES = /^( Runtimes:) .*$/gm;

function plain(text: string): string {
  const named = text.replace(IDS, "ID").replace(MOMENTS, "TIME").replace(COUNTS, "COUNT");
  const aged = named.replace(AGES, "AGE");
  const even = aged === named ? named : aged.replace(/ +/g, " ");
  return even.replace(STOCK_TYPO, "Run '").replace(RUNTIMES, "$1").replace(OWN_VERSION, "$1");
}

/** A result in which ids, times and counts are words. */
export const comparable = ({ code, stdout, stderr }: Result): Result => ({
  code,
  stdout: plain(stdout),
  stderr: plain(stderr),
});
