import type { Cli } from "../cli.ts";
import { humanSizeDigits } from "../format/size.ts";

const INTERVAL_MS = 75;
const DIGITS = 3;
const ERASE_LINE = "\x1b[2K";

/** Counts what is copied and shows it on the terminal. */
export interface CopyProgress {
  /** The same bytes, counted. */
  count(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Takes the counter off the screen and says how much was copied. */
  finish(to: string): void;
}

const SILENT: CopyProgress = { count: (bytes) => bytes, finish: () => {} };

/** Shows progress on stderr, if that is a terminal, under a header such as "Copying to container - ". */
export function copyProgress(cli: Cli, header: string, quiet: boolean): CopyProgress {
  if (quiet) return SILENT;
  let total = 0;
  const shown = cli.isTerminal(2) ? showing(cli, header, () => total) : () => {};
  return {
    async *count(bytes) {
      for await (const chunk of bytes) {
        total += chunk.length;
        yield chunk;
      }
    },
    finish(to) {
      shown();
      cli.err(`Successfully copied ${humanSizeDigits(total, DIGITS)} to ${to}\n`);
    },
  };
}

/** Returns what ends it. */
function showing(cli: Cli, header: string, total: () => number): () => void {
  cli.err(`\x1b[s\x1b[?25l${header}${humanSizeDigits(0, DIGITS)}`);
  const draw = () => cli.err(`\x1b[${header.length + 1}G\x1b[0K${humanSizeDigits(total(), DIGITS)}`);
  const timer = setInterval(draw, INTERVAL_MS);
  return () => {
    clearInterval(timer);
    cli.err(`\x1b[?25h\x1b[u${ERASE_LINE}`);
  };
}
