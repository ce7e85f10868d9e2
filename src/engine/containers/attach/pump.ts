import type { Duplex } from "node:stream";
import type { StreamName } from "../../logs/types.ts";
import { DetachScanner } from "../io/detach-keys.ts";
import { frame } from "../io/frames.ts";
import type { OutputHub } from "../io/hub.ts";
import type { InputPipe } from "../io/input.ts";

/** A connection that has been taken over. */
export interface Connection {
  readonly socket: Duplex;
  readonly input: AsyncIterable<Uint8Array>;
}

export interface AttachOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  /** Raw instead of multiplexed. */
  terminal: boolean;
  /** The keys that detach; only with a terminal. */
  detachKeys: Uint8Array | undefined;
}

/** Where the client's input goes. */
export interface InputTarget {
  /** The process's stdin, once it has been started; undefined if it never will be, or has none. */
  stdin(signal: AbortSignal): Promise<InputPipe | undefined>;
  /** The client has said all. */
  ended(stdin: InputPipe): Promise<void>;
}

export interface Attachment {
  /** Resolves when the client has gone, has detached, or the process has ended. */
  done: Promise<"ended" | "detached" | "gone">;
}

/** Writes with back-pressure; resolves too when the connection has gone. */
export function send(socket: Duplex, data: Uint8Array): void | Promise<void> {
  if (socket.destroyed || socket.writableEnded || socket.write(data)) return undefined;
  return new Promise((resolve) => {
    const finish = () => {
      socket.off("drain", finish);
      socket.off("close", finish);
      resolve();
    };
    socket.once("drain", finish);
    socket.once("close", finish);
  });
}

/** Connects a client with a process: output from the hub, input to its stdin. */
export function attach(
  connection: Connection,
  hub: OutputHub,
  target: InputTarget,
  options: AttachOptions,
): Attachment {
  const { socket } = connection;
  const over = new AbortController();
  const done = new Promise<"ended" | "detached" | "gone">((resolve) => {
    const wanted: Record<StreamName, boolean> = { stdout: options.stdout, stderr: options.stderr };
    const finish = (how: "ended" | "detached" | "gone") => {
      detach();
      over.abort();
      if (!socket.destroyed && !socket.writableEnded) socket.end();
      resolve(how);
    };
    const detach = hub.attach({
      write: (stream, chunk) =>
        wanted[stream] ? send(socket, options.terminal ? chunk : frame(stream, chunk)) : undefined,
      end: () => finish("ended"),
    });
    socket.on("error", () => finish("gone"));
    socket.once("close", () => finish("gone"));
    if (options.stdin) {
      pumpInput(connection, target, options.detachKeys, over.signal).then(
        (detached) => detached && finish("detached"),
        () => finish("gone"),
      );
    }
  });
  return { done };
}

/** Resolves to true if the detach keys were typed, to false when the client has said all. */
async function pumpInput(
  { input }: Connection,
  target: InputTarget,
  detachKeys: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const scanner = detachKeys && new DetachScanner(detachKeys);
  let stdin: InputPipe | undefined;
  for await (const chunk of input) {
    if (signal.aborted) return false;
    const { data, detached } = scanner ? scanner.push(chunk) : { data: chunk, detached: false };
    if (detached) return true;
    if (data.length === 0) continue;
    stdin ??= await target.stdin(signal);
    // A process that reads no more: the rest is thrown away, as a broken pipe would be.
    if (stdin) await stdin.write(data);
  }
  stdin ??= await target.stdin(signal);
  if (stdin && !signal.aborted) await target.ended(stdin);
  return false;
}
