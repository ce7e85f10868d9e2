import { messageOf } from "../../../errors/errors.ts";
import type { ProgressMessage } from "../../../images/registry/progress.ts";
import type { Context, JSONStream } from "../../http/route.ts";

/** Counts of transfers follow each other fast; of these, only the newest is kept for a client that reads slowly. */
const isCount = ({ progressDetail }: ProgressMessage): boolean => progressDetail?.current !== undefined;

/**
 * Progress as a JSON stream that begins with the first message: an error before it still becomes an HTTP
 * status, one after it the stream's last line. What a client does not read fast enough is not piled up.
 */
export class ProgressOutput {
  private stream: JSONStream | undefined;
  private readonly queue: ProgressMessage[] = [];
  private draining: Promise<void> | undefined;
  private gone = false;

  constructor(private readonly ctx: Context) {}

  /** Queues a message. */
  readonly send = (message: ProgressMessage): void => {
    if (this.gone) return;
    const last = this.queue.findLastIndex(({ id }) => id === message.id);
    const held = this.queue[last];
    if (
      held &&
      message.id !== undefined &&
      isCount(message) &&
      isCount(held) &&
      held.status === message.status
    )
      this.queue[last] = message;
    else this.queue.push(message);
    this.draining ??= this.drain();
  };

  private async drain(): Promise<void> {
    this.stream ??= this.ctx.jsonStream();
    try {
      for (let next = this.queue.shift(); next; next = this.queue.shift()) await this.stream.write(next);
    } catch {
      // The client has gone; the request's signal tells the work so.
      this.gone = true;
      this.queue.length = 0;
    } finally {
      this.draining = undefined;
    }
  }

  /** Runs the work that reports here, and ends the answer. Errors: the work's, if nothing has been sent yet. */
  async during(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.stream) throw error;
      const message = messageOf(error);
      this.send({ errorDetail: { message }, error: message });
    }
    await this.draining;
    if (this.gone) return;
    this.stream ??= this.ctx.jsonStream();
    this.stream.end();
  }
}
