import { messageOf } from "../errors/errors.ts";
import { EventsDefinition, ForwardRequest } from "../proto/containerd/services/events/ttrpc/v1/events.ts";
import type { DeepPartial, MessageOf } from "../protobuf/message.ts";
import type { AnyCodec } from "../protobuf/service.ts";
import { Client } from "../ttrpc/client.ts";
import { EVENTS } from "./events.ts";
import { log } from "./log.ts";
import { timestamp } from "./timestamp.ts";

type EventName = keyof typeof EVENTS;
type EventOf<N extends EventName> = DeepPartial<MessageOf<(typeof EVENTS)[N]["codec"]>>;

const CALL_TIMEOUT = 5_000;
const RETRY_FIRST = 50;
const RETRY_LONGEST = 3_000;
const QUEUE_LIMIT = 4096;

/**
 * Forwards events to containerd, in order, and keeps them while containerd is away: it is asked again until
 * it answers, because an exit that is not told is a container that never ends.
 */
export class Publisher {
  readonly #address: string;
  readonly #namespace: string;
  readonly #queue: Uint8Array[] = [];
  #client: Client | undefined;
  #sending: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #giveUp = false;

  /** `address`: containerd's ttrpc socket (TTRPC_ADDRESS); empty when there is nobody to tell. */
  constructor(address: string, namespace: string) {
    this.#address = address;
    this.#namespace = namespace;
  }

  publish<N extends EventName>(name: N, event: EventOf<N>): void {
    if (this.#address === "") return;
    const { topic, codec }: { topic: string; codec: AnyCodec } = EVENTS[name];
    const value = codec.encode(event);
    this.#queue.push(
      ForwardRequest.encode({
        envelope: {
          timestamp: timestamp(new Date()),
          namespace: this.#namespace,
          topic,
          event: { typeUrl: `containerd.events.${name}`, value },
        },
      }),
    );
    if (this.#queue.length > QUEUE_LIMIT) {
      this.#queue.shift();
      log("error", `more than ${QUEUE_LIMIT} events wait for containerd: the oldest is dropped`);
    }
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Whether everything is delivered. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#sending === undefined;
  }

  /** Waits until everything is delivered, `patience` milliseconds at most, and hangs up. */
  async close(patience: number): Promise<void> {
    if (this.#sending !== undefined) {
      const timer = setTimeout(() => {
        this.#giveUp = true;
        this.#wake?.();
      }, patience);
      await this.#sending;
      clearTimeout(timer);
    }
    this.#client?.close();
  }

  async #send(): Promise<void> {
    let pause = RETRY_FIRST;
    while (this.#queue.length > 0 && !this.#giveUp) {
      try {
        this.#client = this.#client?.connected ? this.#client : await Client.connect(this.#address);
        await this.#client.call(EventsDefinition.fullName, "Forward", this.#queue[0]!, {
          timeout: CALL_TIMEOUT,
        });
        this.#queue.shift();
        pause = RETRY_FIRST;
      } catch (error) {
        log("debug", `forward event: ${messageOf(error)}`);
        await this.#sleep(pause);
        pause = Math.min(pause * 2, RETRY_LONGEST);
      }
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
