/** A build's words as BuildKit's clients take them: its trace, message by message, and the image's id. */
import { EngineError, messageOf } from "../../../errors/errors.ts";
import { StatusResponse } from "../../../proto/moby/buildkit/v1/control.ts";
import type { BuildEvent, BuildOutput } from "../../build/types.ts";
import type { JSONStream } from "../../http/route.ts";
import { MessageQueue } from "./queue.ts";

type Status = Parameters<typeof StatusResponse.encode>[0];

const timestamp = (ms: number) => ({
  seconds: BigInt(Math.floor(ms / 1000)),
  nanos: (ms % 1000) * 1_000_000,
});

export class TraceOutput implements BuildOutput {
  readonly #quiet: boolean;
  readonly #queue: MessageQueue;
  /** Digests tell the steps of one build from those of another. */
  readonly #build = crypto.randomUUID().replaceAll("-", "");
  readonly #started = new Map<number, number>();
  readonly #pulls = new Map<string, number>();
  #step = 0;

  constructor(open: () => JSONStream, quiet: boolean) {
    this.#queue = new MessageQueue(open);
    this.#quiet = quiet;
  }

  #digest(step: number): string {
    return `sha256:${this.#build}${step.toString(16).padStart(32, "0")}`;
  }

  #trace(status: Status): void {
    if (this.#quiet) return;
    const bytes = StatusResponse.encode(status);
    this.#queue.send({ id: "moby.buildkit.trace", aux: Buffer.from(bytes).toString("base64") });
  }

  text(): void {}

  event(event: BuildEvent): void {
    const vertex = this.#digest(event.step);
    if (event.status === "log") {
      const log = { vertex, timestamp: timestamp(event.time), msg: Buffer.from(event.text) };
      return this.#trace({ logs: [{ ...log, stream: event.stream === "stderr" ? 2n : 1n }] });
    }
    if (event.status === "started") {
      this.#step = event.step;
      this.#started.set(event.step, event.time);
    }
    const started = timestamp(this.#started.get(event.step) ?? event.time);
    const ended = event.status === "started" ? {} : { completed: timestamp(event.time) };
    const failed = event.status === "failed" ? { error: "the step failed" } : {};
    const cached = event.status === "cached";
    this.#trace({
      vertexes: [{ digest: vertex, name: nameOf(event), cached, started, ...ended, ...failed }],
    });
  }

  warning({ rule, message, line, file }: Parameters<BuildOutput["warning"]>[0]): void {
    const short = Buffer.from(`${rule}: ${message} (${file}:${line})`);
    this.#trace({ warnings: [{ vertex: this.#digest(1), level: 1n, short }] });
  }

  image(): void {}

  /** Of a pull, below the step that pulls. */
  progress(message: Record<string, unknown>): void {
    const { id, status, progressDetail } = message as {
      id?: string;
      status?: string;
      progressDetail?: { current?: number; total?: number };
    };
    if (!id || !status) return;
    const now = Date.now();
    const begun = this.#pulls.get(id) ?? now;
    this.#pulls.set(id, begun);
    const { current = 0, total = 0 } = progressDetail ?? {};
    const amounts = { current: BigInt(current), total: BigInt(total) };
    const ended = /complete|exists/i.test(status) ? { completed: timestamp(now) } : {};
    const times = { timestamp: timestamp(now), started: timestamp(begun), ...ended };
    const vertex = this.#digest(this.#step);
    this.#trace({ statuses: [{ ID: `${id} ${status}`, vertex, name: status, ...amounts, ...times }] });
  }

  async finish(id: string): Promise<void> {
    this.#queue.send(this.#quiet ? { stream: `${id}\n` } : { id: "moby.image.id", aux: { ID: id } });
    await this.#queue.end();
  }

  /** Errors: the given one, if nothing has been sent yet. */
  async fail(error: unknown): Promise<void> {
    if (!this.#queue.begun) throw error;
    const message = messageOf(error);
    const data = error instanceof EngineError ? error.data : undefined;
    const code = data?.["code"];
    const excerpt = data?.["excerpt"];
    const whole = typeof excerpt === "string" ? `${excerpt}\n${message}` : message;
    this.#queue.send({
      errorDetail: { ...(typeof code === "number" ? { code } : {}), message: whole },
      error: whole,
    });
    await this.#queue.end();
  }
}

function nameOf({ stageName, step, total, text }: BuildEvent): string {
  const stage = /^\d+$/.test(stageName) ? `stage-${stageName}` : stageName;
  return `[${stage} ${step}/${total}] ${text}`;
}
