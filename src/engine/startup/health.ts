import { messageOf, unavailable } from "../../errors/errors.ts";
import type { Logger } from "../../log/log.ts";

const POLL_MS = 50;

/**
 * Waits until containerd answers, so that the order in which the two are started does not matter.
 * Errors: unavailable after `seconds`, in the words that people look up, with the cure.
 */
export async function waitForContainerd(
  ask: () => Promise<unknown>,
  socket: string,
  seconds: number,
  log: Logger,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (let told = false; ; told = true) {
    try {
      await ask();
      return;
    } catch (cause) {
      if (Date.now() > deadline) {
        throw unavailable(
          `libcontainerd: containerd health check returned error: rpc error: code = Unavailable desc = ${messageOf(cause)} (is docker-containerd running on ${socket}?)`,
          { cause },
        );
      }
      if (!told) log.info("waiting for containerd", { address: socket, seconds });
      await Bun.sleep(POLL_MS);
    }
  }
}
