import type { Cli } from "../cli.ts";
import { isTerminal } from "../terminal/is-terminal.ts";
import { terminalSize } from "../terminal/size.ts";

const ATTEMPTS = 10;
const STEP_MS = 10;

/** Height and width of the terminal on stdout; zeros when it is none, as the engine takes it. */
export function consoleSize(): [height: number, width: number] {
  const size = isTerminal(1) ? terminalSize(1) : undefined;
  return size ? [size.rows, size.columns] : [0, 0];
}

async function resize(cli: Cli, path: string, grow: number): Promise<boolean> {
  const [h, w] = consoleSize();
  if (h === 0 && w === 0) return true;
  try {
    await cli.client.call("POST", path, { query: { h: h + grow, w: w + grow } });
    return true;
  } catch {
    return false;
  }
}

/**
 * Keeps a container's terminal as large as ours; `path` is where to tell the engine. A process that is only about to
 * start gets some time. `redraw` changes the size twice, so that a program draws its screen again.
 */
export async function followTtySize(cli: Cli, path: string, redraw = false): Promise<void> {
  process.on("SIGWINCH", () => void resize(cli, path, 0));
  if (redraw) await resize(cli, path, 1);
  for (let attempt = 0; !(await resize(cli, path, 0)); attempt++) {
    if (attempt === ATTEMPTS) return cli.err("failed to resize tty, using default size\n");
    await Bun.sleep((attempt + 1) * STEP_MS);
  }
}
