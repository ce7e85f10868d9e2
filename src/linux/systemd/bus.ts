/**
 * A connection to the D-Bus system bus: calls and signals, as much as systemd's manager needs. The specification's
 * handshake is SASL with EXTERNAL, that is, by the peer's credentials.
 */
import { messageOf, unavailable } from "../../errors/errors.ts";
import { Reader, type Value, Writer } from "./marshal.ts";

export const SYSTEM_BUS = "/run/dbus/system_bus_socket";
const HEADER = "yyyyuua(yv)";
const CALL = 1;
const RETURN = 2;
const ERROR = 3;
const SIGNAL = 4;
/** Header fields. */
const PATH = 1;
const INTERFACE = 2;
const MEMBER = 3;
const ERROR_NAME = 4;
const REPLY_SERIAL = 5;
const DESTINATION = 6;
const SIGNATURE = 8;

export interface Call {
  destination: string;
  path: string;
  interface: string;
  member: string;
  signature?: string;
  body?: Value[];
}

export interface Signal {
  interface: string;
  member: string;
  body: Value[];
}

interface Message {
  type: number;
  fields: Map<number, Value>;
  body: Value[];
}

/** An error that the peer returned; `name` is D-Bus's name for it. */
export class BusError extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

function encode(call: Call, serial: number): Uint8Array {
  const signature = call.signature ?? "";
  const body = new Writer();
  body.writeAll(signature, call.body ?? []);
  const text = (code: number, kind: string, value: string) => [code, { signature: kind, value }];
  const fields: Value[] = [
    text(PATH, "o", call.path),
    text(INTERFACE, "s", call.interface),
    text(MEMBER, "s", call.member),
    text(DESTINATION, "s", call.destination),
    ...(signature === "" ? [] : [text(SIGNATURE, "g", signature)]),
  ];
  const header = new Writer();
  header.writeAll(HEADER, ["l".charCodeAt(0), CALL, 0, 1, body.length, serial, fields]);
  header.align(8);
  return Buffer.concat([header.finish(), body.finish()]);
}

/** Takes one message off the front; undefined when there is no whole one yet. */
function decode(data: Uint8Array): { message: Message; size: number } | undefined {
  if (data.length < 16) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const headerSize = Math.ceil((16 + view.getUint32(12, true)) / 8) * 8;
  const size = headerSize + view.getUint32(4, true);
  if (data.length < size) return undefined;
  const values = new Reader(data).readAll(HEADER);
  const fields = new Map(
    (values[6] as [number, { value: Value }][]).map(([code, { value }]) => [code, value]),
  );
  // Alignment counts from the start of the body.
  const body = new Reader(data.slice(headerSize, size)).readAll((fields.get(SIGNATURE) as string) ?? "");
  return { message: { type: values[1] as number, fields, body }, size };
}

export interface BusAddress {
  path: string;
  /** Nobody but the peer is there: it has no bus to greet, nor to choose signals of. */
  direct: boolean;
  user: number;
}

/** Calls go out in order; replies are matched by serial. Closing fails whatever still waits. */
export class Bus {
  readonly #waiting = new Map<number, PromiseWithResolvers<Value[]>>();
  readonly #listeners = new Set<(signal: Signal) => void>();
  readonly #greeted = Promise.withResolvers<void>();
  #socket: Bun.Socket | undefined;
  #unread: Uint8Array = new Uint8Array();
  #talking = false;
  #serial = 0;

  /** Whether the peer is the manager itself, without a bus between. */
  readonly direct: boolean;

  private constructor(direct: boolean) {
    this.direct = direct;
  }

  /** `user`: as the peer sees this process. Errors: unavailable. */
  static async connect({ path, direct, user }: BusAddress): Promise<Bus> {
    const bus = new Bus(direct);
    try {
      bus.#socket = await Bun.connect({
        unix: path,
        socket: {
          data: (_, data) => bus.#receive(data),
          close: () => bus.#fail(unavailable(`D-Bus: ${path} closed the connection`)),
          error: (_, error) => bus.#fail(error),
        },
      });
    } catch (error) {
      throw unavailable(`D-Bus: connect ${path}: ${messageOf(error)} (does systemd run here?)`, {
        cause: error,
      });
    }
    const uid = Buffer.from(String(user)).toString("hex");
    bus.#socket.write(`\0AUTH EXTERNAL ${uid}\r\n`);
    await bus.#greeted.promise;
    if (direct) return bus;
    const own = { destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus" };
    await bus.call({ ...own, interface: "org.freedesktop.DBus", member: "Hello" });
    return bus;
  }

  /** Errors: BusError for what the peer answers, unavailable when the connection ends. */
  call(call: Call): Promise<Value[]> {
    const serial = ++this.#serial;
    const answer = Promise.withResolvers<Value[]>();
    this.#waiting.set(serial, answer);
    this.#socket!.write(encode(call, serial));
    return answer.promise;
  }

  /** Calls `listener` for each signal that a match rule lets through. Returns the undo. */
  listen(listener: (signal: Signal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#socket?.end();
  }

  #fail(error: Error): void {
    this.#greeted.reject(error);
    for (const answer of this.#waiting.values()) answer.reject(error);
    this.#waiting.clear();
  }

  #receive(data: Uint8Array): void {
    this.#unread = Buffer.concat([this.#unread, data]);
    if (!this.#talking && !this.#shakeHands()) return;
    for (let next = decode(this.#unread); next; next = decode(this.#unread)) {
      this.#unread = this.#unread.slice(next.size);
      this.#dispatch(next.message);
    }
  }

  #shakeHands(): boolean {
    const end = this.#unread.indexOf(10);
    if (end < 0) return false;
    const line = new TextDecoder().decode(this.#unread.subarray(0, end)).trim();
    this.#unread = this.#unread.slice(end + 1);
    if (!line.startsWith("OK ")) {
      this.#fail(unavailable(`D-Bus: authentication refused: ${line}`));
      return false;
    }
    this.#socket!.write("BEGIN\r\n");
    this.#talking = true;
    this.#greeted.resolve();
    return true;
  }

  #dispatch({ type, fields, body }: Message): void {
    const field = (code: number) => fields.get(code) as string;
    if (type === SIGNAL) {
      for (const listener of this.#listeners)
        listener({ interface: field(INTERFACE), member: field(MEMBER), body });
      return;
    }
    const serial = fields.get(REPLY_SERIAL) as number;
    const answer = this.#waiting.get(serial);
    this.#waiting.delete(serial);
    if (type === RETURN) answer?.resolve(body);
    else if (type === ERROR)
      answer?.reject(new BusError(field(ERROR_NAME), String(body[0] ?? field(ERROR_NAME))));
  }
}
