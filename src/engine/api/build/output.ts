import { EngineError, messageOf } from "../../../errors/errors.ts";
import type { BuildEvent, BuildOutput } from "../../build/types.ts";
import type { Context, JSONStream } from "../../http/route.ts";

/** What a client that draws events itself wants to know beside. */
const REMARK = /^(?:\[Warning\]|\[WARNING\]|Successfully tagged|Note: )/;

/**
 * A build's words as a JSON stream that begins with the first of them: an error before becomes an HTTP status, one
 * after it the stream's last line.
 */
export class StreamOutput implements BuildOutput {
  readonly #ctx: Context;
  readonly #events: boolean;
  readonly #quiet: boolean;
  readonly #queue: unknown[] = [];
  #stream: JSONStream | undefined;
  #draining: Promise<void> | undefined;
  #gone = false;

  constructor(ctx: Context, options: { events: boolean; quiet: boolean }) {
    this.#ctx = ctx;
    this.#events = options.events;
    this.#quiet = options.quiet;
  }

  text(text: string, stream: "stdout" | "stderr" = "stdout"): void {
    if (text === "" || this.#quiet) return;
    if (this.#events && !REMARK.test(text)) return;
    // Stock's way to have errors in red on a terminal.
    this.#send({ stream: stream === "stderr" ? `\u001b[91m${text}\u001b[0m` : text });
  }

  event(event: BuildEvent): void {
    if (this.#events) this.#send({ aux: { pequod: event } });
  }

  warning({ rule, message, file, line }: Parameters<BuildOutput["warning"]>[0]): void {
    if (!this.#events || this.#quiet || rule === "NoEmptyContinuation") return;
    this.#send({ stream: `[Warning] ${rule}: ${message} (${file}:${line})\n` });
  }

  image(id: string): void {
    if (!this.#quiet) this.#send({ aux: { ID: id } });
  }

  progress(message: Record<string, unknown>): void {
    if (!this.#quiet) this.#send(message);
  }

  #send(message: unknown): void {
    if (this.#gone) return;
    this.#queue.push(message);
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    this.#stream ??= this.#ctx.jsonStream();
    try {
      while (this.#queue.length > 0) await this.#stream.write(this.#queue.shift());
    } catch {
      // The client has gone; the request's signal stops the build.
      this.#gone = true;
      this.#queue.length = 0;
    } finally {
      this.#draining = undefined;
    }
  }

  /** Ends the answer with the image's id for a quiet build. */
  async finish(id: string): Promise<void> {
    if (this.#quiet) this.#send({ stream: `${id}\n` });
    await this.#end();
  }

  /** Errors: the given one, if nothing has been sent yet. */
  async fail(error: unknown): Promise<void> {
    if (!this.#stream) throw error;
    const message = messageOf(error);
    const data = error instanceof EngineError ? error.data : undefined;
    const code = data?.["code"];
    const place = this.#events ? { excerpt: data?.["excerpt"] } : {};
    this.#send({
      errorDetail: { ...(typeof code === "number" ? { code } : {}), message, ...place },
      error: message,
    });
    await this.#end();
  }

  async #end(): Promise<void> {
    await this.#draining;
    if (this.#gone) return;
    this.#stream ??= this.#ctx.jsonStream();
    this.#stream.end();
  }
}
