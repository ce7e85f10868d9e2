/** The server's side of RFC 6455, as far as an attached container needs it: binary messages over a raw connection. */
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { invalidArgument } from "../../errors/errors.ts";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const OPCODE = { binary: 2, close: 8, ping: 9, pong: 10 } as const;
/** Messages from the client that are longer are refused, bytes. */
const LONGEST_MESSAGE = 16 * 1024 * 1024;

/** The answer that opens the connection. Errors: invalidArgument, for a key that is none. */
export function acceptance(key: string | undefined): string {
  if (key === undefined || Buffer.from(key, "base64").length !== 16) {
    throw invalidArgument("not a websocket request: want Upgrade: websocket and a Sec-WebSocket-Key");
  }
  const accept = createHash("sha1").update(`${key}${GUID}`).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

/** One unmasked, final frame, as servers send them. */
export function encodeFrame(opcode: number, data: Uint8Array): Buffer {
  const head = [0x80 | opcode];
  const { length } = data;
  if (length < 126) head.push(length);
  else if (length < 65536) head.push(126, length >> 8, length & 255);
  else head.push(127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255);
  return Buffer.concat([Buffer.from(head), data]);
}

export interface Frame {
  opcode: number;
  data: Buffer;
}

/** Takes frames out of what a client sends, in pieces of any size. Errors: invalidArgument. */
export class FrameReader {
  #pending = Buffer.alloc(0);

  *push(chunk: Uint8Array): Generator<Frame> {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) yield frame;
  }

  #next(): Frame | undefined {
    const buffer = this.#pending;
    if (buffer.length < 2) return undefined;
    const short = buffer[1]! & 127;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const headLength = 2 + lengthBytes + 4;
    if (buffer.length < headLength) return undefined;
    if ((buffer[1]! & 128) === 0) throw invalidArgument("websocket frames of a client must be masked");
    const length = lengthOf(buffer, short);
    if (length > LONGEST_MESSAGE) throw invalidArgument("websocket frame is too long");
    if (buffer.length < headLength + length) return undefined;
    const mask = buffer.subarray(headLength - 4, headLength);
    const data = Buffer.from(buffer.subarray(headLength, headLength + length));
    for (let i = 0; i < length; i++) data[i]! ^= mask[i & 3]!;
    this.#pending = buffer.subarray(headLength + length);
    return { opcode: buffer[0]! & 15, data };
  }
}

function lengthOf(buffer: Buffer, short: number): number {
  if (short === 126) return buffer.readUInt16BE(2);
  return short === 127 ? Number(buffer.readBigUInt64BE(2)) : short;
}

/** A raw stream on top of websocket messages; ends when the peer says close. */
export class WebSocketStream extends Duplex {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();

  constructor(socket: Socket) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("end", () => this.push(null));
    socket.on("close", () => this.destroy());
  }

  #receive(chunk: Buffer): void {
    try {
      for (const { opcode, data } of this.#reader.push(chunk)) {
        if (opcode === OPCODE.close) this.push(null);
        else if (opcode === OPCODE.ping) this.#socket.write(encodeFrame(OPCODE.pong, data));
        else if (opcode < OPCODE.close && data.length > 0 && !this.push(data)) this.#socket.pause();
      }
    } catch {
      this.#socket.destroy();
    }
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#socket.write(encodeFrame(OPCODE.binary, chunk))) done();
    else this.#socket.once("drain", () => done());
  }

  override _final(done: () => void): void {
    const normalEnd = Buffer.from([1000 >> 8, 1000 & 255]);
    this.#socket.end(encodeFrame(OPCODE.close, normalEnd), () => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
