import type { Cli } from "../cli.ts";
import { containerPath } from "../container/path.ts";

/** All that is sent on: not those about our own children and pipes, nor those that cannot be caught. */
const FORWARDED =
  "HUP INT QUIT USR1 USR2 ALRM TERM CONT TSTP XCPU XFSZ VTALRM PROF WINCH IO TRAP ABRT SYS".split(" ");

/** Passes the signals that we get on to a container, in their order, until the program ends. */
export function forwardSignals(cli: Cli, id: string): void {
  let last: Promise<void> = Promise.resolve();
  for (const signal of FORWARDED) {
    process.on(`SIG${signal}`, () => {
      last = last.then(() => send(cli, id, signal));
    });
  }
}

async function send(cli: Cli, id: string, signal: string): Promise<void> {
  try {
    await cli.client.call("POST", containerPath(id, "/kill"), { query: { signal } });
  } catch {
    // The container has ended, or ends without this.
  }
}
