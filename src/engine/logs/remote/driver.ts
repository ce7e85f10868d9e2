import { messageOf } from "../../../errors/errors.ts";
import type { LogDriver, LogMessage } from "../types.ts";
import type { Transport } from "./transport.ts";

export interface RemoteOptions {
  name: string;
  /** One message as the receiver wants it, in pieces that are sent one by one; none if it is to be left out. */
  encode(message: LogMessage): Uint8Array[];
  /** Connects, at the start and again after a failure. */
  connect(): Promise<Transport>;
  /** Bytes that may wait for a receiver that is slow or away; what comes then pushes the oldest out. */
  nonBlocking?: number;
  /** Connections tried for one message before it is given up. */
  attempts: number;
  /** Milliseconds between two of them. */
  retryDelay: number;
  /** Told once for each run of failures. */
  onFailure(message: string): void;
}

/** A container that prints more than this ahead of its receiver has to wait, bytes. */
const WAITING_LIMIT = 1024 * 1024;

/** Sends the output of a container away. */
export class RemoteLog implements LogDriver {
  readonly name: string;
  readonly path = "";
  readonly #options: RemoteOptions;
  #transport: Transport | undefined;
  #queue: LogMessage[] = [];
  #bytes = 0;
  #sending: Promise<void> | undefined;
  #closed = false;
  #failing = false;

  /** `transport` is undefined if the receiver may come later (fluentd-async). */
  constructor(options: RemoteOptions, transport: Transport | undefined) {
    this.name = options.name;
    this.#options = options;
    this.#transport = transport;
  }

  write(messages: readonly LogMessage[]): void | Promise<void> {
    for (const message of messages) {
      // The line may lie in a buffer that is used again.
      this.#queue.push({ ...message, line: message.line.slice() });
      this.#bytes += message.line.length;
    }
    const { nonBlocking } = this.#options;
    if (nonBlocking !== undefined) this.#drop(nonBlocking);
    this.#sending ??= this.#pump().finally(() => {
      this.#sending = undefined;
    });
    return nonBlocking === undefined && this.#bytes > WAITING_LIMIT ? this.#sending : undefined;
  }

  #drop(limit: number): void {
    while (this.#bytes > limit && this.#queue.length > 1) this.#bytes -= this.#queue.shift()!.line.length;
  }

  async #pump(): Promise<void> {
    for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
      this.#bytes -= message.line.length;
      await this.#deliver(this.#options.encode(message));
    }
    if (this.#closed) await this.#transport?.close().catch(() => {});
  }

  async #deliver(pieces: Uint8Array[]): Promise<void> {
    const { attempts, retryDelay, connect, onFailure } = this.#options;
    for (let attempt = 1; pieces.length > 0; attempt++) {
      try {
        this.#transport ??= await connect();
        for (const piece of pieces) await this.#transport.send(piece);
        this.#failing = false;
        return;
      } catch (error) {
        const broken = this.#transport;
        this.#transport = undefined;
        void broken?.close().catch(() => {});
        if (attempt >= attempts || this.#closed) {
          if (!this.#failing) onFailure(messageOf(error));
          this.#failing = true;
          return;
        }
        await Bun.sleep(retryDelay);
      }
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#sending) void this.#transport?.close().catch(() => {});
  }
}
