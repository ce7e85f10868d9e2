/** A ttrpc client: many unary calls at a time over one connection. */
import type { Socket } from "bun";
import { cancelled, deadline, EngineError, unavailable } from "../errors/errors.ts";
import { kindOfCode } from "../errors/grpc.ts";
import { Request, Response } from "../proto/ttrpc/request.ts";
import { encodeFrame, type Frame, FrameParser, MAX_DATA, REQUEST, RESPONSE } from "./frame.ts";
import { Outbox } from "./outbox.ts";

export interface CallOptions {
  /** Milliseconds; the server is told, and the call fails with kind "deadline". */
  timeout?: number;
  signal?: AbortSignal;
  metadata?: Record<string, string>;
}

interface Waiting {
  resolve(payload: Uint8Array): void;
  reject(error: unknown): void;
}

/** One connection. Errors of the other side come back with the kind of their status code. */
export class Client {
  readonly #address: string;
  readonly #parser = new FrameParser();
  readonly #outbox = new Outbox();
  readonly #calls = new Map<number, Waiting>();
  readonly #onClose: (() => void) | undefined;
  #socket: Socket | undefined;
  #nextStream = 1;
  #whenAnswered: (() => void) | undefined;

  private constructor(address: string, onClose: (() => void) | undefined) {
    this.#address = address;
    this.#onClose = onClose;
  }

  /** Connects to a path or a "unix://" address. `onClose` runs once when the connection ends, whoever ended it. */
  static async connect(address: string, onClose?: () => void): Promise<Client> {
    const path = address.startsWith("unix://") ? address.slice("unix://".length) : address;
    const client = new Client(address, onClose);
    try {
      client.#socket = await Bun.connect({
        unix: path,
        socket: {
          data: (_socket, piece) => client.#receive(piece),
          drain: (socket) => client.#outbox.drain(socket),
          close: () => client.#closed(),
          error() {},
        },
      });
    } catch (cause) {
      throw unavailable(`cannot connect to ${path}: is anybody serving it?`, { cause });
    }
    return client;
  }

  get connected(): boolean {
    return this.#socket !== undefined;
  }

  /** Calls a method with an encoded request and returns the encoded response. */
  call(service: string, method: string, payload: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    const socket = this.#socket;
    if (socket === undefined)
      return Promise.reject(
        unavailable(`${service}/${method}: the connection to ${this.#address} is closed`),
      );
    const request = Request.encode({
      service,
      method,
      payload,
      timeoutNano: BigInt(Math.round((options.timeout ?? 0) * 1e6)),
      metadata: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
    });
    if (request.length > MAX_DATA)
      return Promise.reject(
        new EngineError("exhausted", `${service}/${method}: the request is longer than ${MAX_DATA} bytes`),
      );
    const streamId = this.#nextStream;
    this.#nextStream += 2;
    const result = this.#wait(streamId, `${service}/${method}`, options);
    this.#outbox.send(socket, encodeFrame(streamId, REQUEST, 0, request));
    return result;
  }

  /** Ends the connection; calls under way fail with kind "unavailable". */
  close(): void {
    this.#socket?.end();
    this.#closed();
  }

  /** Ends the connection when the calls under way are answered, at the latest after so many milliseconds. */
  closeWhenAnswered(limit: number): void {
    if (this.#calls.size === 0) return this.close();
    const timer = setTimeout(() => this.close(), limit);
    this.#whenAnswered = () => {
      clearTimeout(timer);
      this.close();
    };
  }

  /** Lets the process end although the connection is open. */
  unref(): void {
    this.#socket?.unref();
  }

  #wait(streamId: number, name: string, options: CallOptions): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const timer =
      options.timeout === undefined || options.timeout <= 0
        ? undefined
        : setTimeout(
            () => settle().reject(deadline(`${name}: no answer in ${options.timeout} ms`)),
            options.timeout,
          );
    const abort = () => settle().reject(cancelled(`${name}: cancelled by the caller`));
    const settle = () => {
      this.#calls.delete(streamId);
      if (this.#calls.size === 0) this.#whenAnswered?.();
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
      return { resolve, reject };
    };
    this.#calls.set(streamId, {
      resolve: (payload) => settle().resolve(payload),
      reject: (error) => settle().reject(error),
    });
    if (options.signal?.aborted) abort();
    else options.signal?.addEventListener("abort", abort);
    return promise;
  }

  #receive(piece: Uint8Array): void {
    for (const frame of this.#parser.push(piece)) this.#deliver(frame);
  }

  #deliver(frame: Frame): void {
    const waiting = this.#calls.get(frame.streamId);
    if (waiting === undefined || frame.type !== RESPONSE) return;
    if (frame.data === undefined) {
      waiting.reject(new EngineError("exhausted", `the response is longer than ${MAX_DATA} bytes`));
      return;
    }
    try {
      const { status, payload } = Response.decode(frame.data);
      if (status?.code) waiting.reject(new EngineError(kindOfCode(status.code), status.message ?? ""));
      else waiting.resolve(payload);
    } catch (error) {
      waiting.reject(error);
    }
  }

  #closed(): void {
    if (this.#socket === undefined) return;
    this.#socket = undefined;
    for (const waiting of [...this.#calls.values()])
      waiting.reject(unavailable(`the connection to ${this.#address} was closed`));
    this.#onClose?.();
  }
}
