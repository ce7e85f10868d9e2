/** fluentd-request-ack: each entry carries an id, and counts as delivered when the receiver has sent it back. */
import { randomBytes } from "node:crypto";
import { EngineError } from "../../../errors/errors.ts";
import { pack } from "./msgpack.ts";
import type { Transport } from "./transport.ts";

/** How long the receiver may take to acknowledge an entry, ms. */
const PATIENCE_MS = 30_000;
/** MessagePack's heads of arrays of three and four. */
const [THREE, FOUR] = [0x93, 0x94];

/** A transport that can be listened to. */
export interface TwoWay extends Transport {
  /** Also called, without data, when the connection has ended. */
  onData(listener: (data: Buffer) => void): void;
  /** Throws what has ended the connection, if it has ended. */
  check(): void;
}

/** Sends [tag, time, record] as [tag, time, record, {chunk}], and waits for {ack}. Errors: deadline. */
export class Acknowledged implements Transport {
  readonly #way: TwoWay;
  #heard = Buffer.alloc(0);
  #wake: (() => void) | undefined;

  constructor(way: TwoWay) {
    this.#way = way;
    way.onData((data) => {
      this.#heard = Buffer.concat([this.#heard, data]);
      this.#wake?.();
    });
  }

  async send(message: Uint8Array): Promise<void> {
    if (message[0] !== THREE) throw new TypeError("want an entry of three parts");
    const chunk = randomBytes(16).toString("base64");
    this.#heard = Buffer.alloc(0);
    await this.#way.send(Buffer.concat([Buffer.of(FOUR), message.subarray(1), pack({ chunk })]));
    await this.#answer(pack({ ack: chunk }));
  }

  async #answer(wanted: Buffer): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!this.#heard.includes(wanted)) {
      const left = deadline - performance.now();
      if (left <= 0) throw new EngineError("deadline", "fluentd did not acknowledge an entry");
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#way.check();
    }
  }

  close(): Promise<void> {
    return this.#way.close();
  }
}
