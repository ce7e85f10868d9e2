/**
 * How late the event of a process's end is, for a subscriber that does nothing but wait in the kernel: a client of gRPC would
 * add its own time, which is the same whatever serves.
 */
import { prefixOf } from "../../src/grpc/framing.ts";
import { FrameReader } from "../../src/http2/frame-reader.ts";
import { FLAG, MAX_FRAME_SIZE, PREFACE, TYPE } from "../../src/http2/frames.ts";
import { HpackEncoder } from "../../src/http2/hpack/encoder.ts";
import { frameBytes } from "../../src/http2/raw-peer.testing.ts";
import { bytesWaiting, closeFd, readFd, writeFd } from "../../src/linux/fd.ts";
import { check } from "../../src/linux/libc.ts";
import { SYS, syscall } from "../../src/linux/syscall.ts";
import { connectUnix } from "../../src/linux/unix-socket.ts";
import { SubscribeRequest } from "../../src/proto/containerd/services/events/v1/events.ts";

const POLLIN = 1;
/** Seconds after which an event is not to be expected any more. */
const LIMIT = 10n;
const NOTHING = new Uint8Array(0);

/** Blocks the thread until there is something to read. */
function untilReadable(fd: number): void {
  const set = new DataView(new ArrayBuffer(8));
  set.setInt32(0, fd, true);
  set.setInt16(4, POLLIN, true);
  if (check(syscall(SYS.ppoll, set, 1, new BigInt64Array([LIMIT, 0n])), "poll") === 0)
    throw new Error(`no event after ${LIMIT} s`);
}

/** A subscription of /tasks/exit. */
export class ExitEvents {
  readonly #socket: number;
  readonly #reader = new FrameReader(MAX_FRAME_SIZE);
  readonly #buffer = new Uint8Array(64 << 10);

  constructor(socket: string) {
    this.#socket = connectUnix(socket);
    const message = SubscribeRequest.encode({ filters: ['topic=="/tasks/exit"'] });
    const fields = new HpackEncoder().encode([
      [":method", "POST"],
      [":scheme", "http"],
      [":path", "/containerd.services.events.v1.Events/Subscribe"],
      [":authority", "localhost"],
      ["content-type", "application/grpc"],
      ["te", "trailers"],
    ]);
    this.#write(
      Buffer.from(PREFACE),
      frameBytes(TYPE.SETTINGS, 0, 0, NOTHING),
      frameBytes(TYPE.HEADERS, FLAG.END_HEADERS, 1, fields),
      frameBytes(TYPE.DATA, FLAG.END_STREAM, 1, Buffer.concat([prefixOf(message.length), message])),
    );
  }

  /** Kills a process, whose event must be the next one; returns the milliseconds until it comes. */
  lateness(pid: number): number {
    while (bytesWaiting(this.#socket) > 0) this.#read();
    this.#write(frameBytes(TYPE.SETTINGS, FLAG.ACK, 0, NOTHING));
    const begin = performance.now();
    process.kill(pid, "SIGKILL");
    for (;;) {
      untilReadable(this.#socket);
      const lateness = performance.now() - begin;
      if (this.#read()) return lateness;
    }
  }

  close(): void {
    closeFd(this.#socket);
  }

  #write(...parts: Uint8Array[]): void {
    writeFd(this.#socket, Buffer.concat(parts));
  }

  /** Reads what is there; returns whether it has an event. */
  #read(): boolean {
    let event = false;
    const size = readFd(this.#socket, this.#buffer);
    if (size === 0) throw new Error("the subscription was ended");
    this.#reader.push(this.#buffer.subarray(0, size), ({ type }) => {
      event ||= type === TYPE.DATA;
    });
    return event;
  }
}
