import { read } from "node:fs";
import { errnoOf } from "../../errors/errors.ts";

const BUFFER_BYTES = 64 * 1024;
const RETRY_MS = 5;

/**
 * Stdin as it comes. Read by a helper thread, so that neither is the descriptor made non-blocking, which other
 * programs that share it would suffer from, nor is more read than asked for.
 */
export async function* readInput(fd = 0): AsyncGenerator<Uint8Array, void, void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (;;) {
    const length = await readOnce(fd, buffer);
    if (length === 0) return;
    yield buffer.slice(0, length);
  }
}

async function readOnce(fd: number, buffer: Uint8Array): Promise<number> {
  for (;;) {
    try {
      return await new Promise((resolve, reject) =>
        read(fd, buffer, 0, buffer.length, null, (error, length) =>
          error ? reject(error) : resolve(length),
        ),
      );
    } catch (error) {
      // A closed stdin is an empty one; a terminal that hung up is at its end.
      if (errnoOf(error) === "EBADF" || errnoOf(error) === "EIO") return 0;
      if (errnoOf(error) !== "EAGAIN") throw error;
      await Bun.sleep(RETRY_MS);
    }
  }
}
