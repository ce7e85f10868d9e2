import { EngineError, messageOf } from "../../../errors/errors.ts";
import type { BuildEvent, BuildOutput } from "../../build/types.ts";
import type { JSONStream } from "../../http/route.ts";
import { MessageQueue } from "./queue.ts";

/** What a client that draws events itself wants to know beside. */
const REMARK = /^(?:\[Warning\]|\[WARNING\]|Successfully tagged|Note: )/;

/** Characters. */
const MOST_UNSAID = 1 << 20;

/**
 * A build's words as a JSON stream that begins with the first of them: an error before becomes an HTTP status, one
 * after it the stream's last line.
 */
export class StreamOutput implements BuildOutput {
  readonly #events: boolean;
  readonly #quiet: boolean;
  readonly #queue: MessageQueue;
  /** What a quiet build would have said: it is told if the build fails. */
  #unsaid: string[] = [];
  #unsaidLength = 0;

  constructor(open: () => JSONStream, options: { events: boolean; quiet: boolean }) {
    this.#queue = new MessageQueue(open);
    this.#events = options.events;
    this.#quiet = options.quiet;
  }

  text(text: string, stream: "stdout" | "stderr" = "stdout"): void {
    if (text === "" || (this.#events && !REMARK.test(text))) return;
    // Stock's way to have errors in red on a terminal.
    const shown = stream === "stderr" ? `\u001b[91m${text}\u001b[0m` : text;
    if (this.#quiet) this.#keep(shown);
    else this.#queue.send({ stream: shown });
  }

  /** The last words are those that tell why. */
  #keep(text: string): void {
    this.#unsaid.push(text);
    this.#unsaidLength += text.length;
    while (this.#unsaidLength > MOST_UNSAID && this.#unsaid.length > 1)
      this.#unsaidLength -= this.#unsaid.shift()!.length;
  }

  event(event: BuildEvent): void {
    if (this.#events) this.#queue.send({ aux: { pequod: event } });
  }

  warning({ rule, message, file, line }: Parameters<BuildOutput["warning"]>[0]): void {
    if (!this.#events || this.#quiet || rule === "NoEmptyContinuation") return;
    this.#queue.send({ stream: `[Warning] ${rule}: ${message} (${file}:${line})\n` });
  }

  image(id: string): void {
    if (!this.#quiet) this.#queue.send({ aux: { ID: id } });
  }

  progress(message: Record<string, unknown>): void {
    if (!this.#quiet) this.#queue.send(message);
  }

  /** Ends the answer with the image's id for a quiet build. */
  async finish(id: string): Promise<void> {
    if (this.#quiet) this.#queue.send({ stream: `${id}\n` });
    await this.#queue.end();
  }

  /** Errors: the given one, if nothing has been sent yet. */
  async fail(error: unknown): Promise<void> {
    for (const stream of this.#unsaid.splice(0)) this.#queue.send({ stream });
    if (!this.#queue.begun) throw error;
    const message = messageOf(error);
    const data = error instanceof EngineError ? error.data : undefined;
    const code = data?.["code"];
    const place = this.#events ? { excerpt: data?.["excerpt"] } : {};
    this.#queue.send({
      errorDetail: { ...(typeof code === "number" ? { code } : {}), message, ...place },
      error: message,
    });
    await this.#queue.end();
  }
}
