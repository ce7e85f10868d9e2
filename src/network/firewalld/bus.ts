/** A connection to the system's D-Bus. */
import { createConnection, type Socket } from "node:net";
import { systemError, unavailable } from "../../errors/errors.ts";
import { type Argument, type Call, decodeMessage, encodeCall, KIND, type Message } from "./message.ts";

const DEFAULT_PATH = "/run/dbus/system_bus_socket";
const BUS = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
};

/** The socket of the system bus. */
export function busPath(): string {
  const address = process.env["DBUS_SYSTEM_BUS_ADDRESS"] ?? "";
  return /(?:^|;)unix:path=([^,;]+)/.exec(address)?.[1] ?? DEFAULT_PATH;
}

interface Waiting {
  resolve(texts: string[]): void;
  reject(error: Error): void;
}

/** Life: connectBus() → call(), onSignal → close(). */
export class Bus {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #pending = Buffer.alloc(0);
  #serial = 0;
  /** Told of every signal that a match rule lets through. */
  onSignal: (message: Message) => void = () => {};
  onClose: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.#receive(Buffer.from(bytes)));
    socket.on("close", () => {
      for (const { reject } of this.#waiting.values()) reject(unavailable("D-Bus has closed the connection"));
      this.#waiting.clear();
      this.onClose();
    });
    socket.on("error", () => {});
  }

  /** Resolves with the texts of the answer. Errors: system, named after the D-Bus error. */
  call(target: Omit<Call, "member" | "arguments">, member: string, ...args: Argument[]): Promise<string[]> {
    const serial = ++this.#serial;
    this.#socket.write(encodeCall({ ...target, member, arguments: args }, serial));
    return new Promise((resolve, reject) => this.#waiting.set(serial, { resolve, reject }));
  }

  /** Calls a method of the bus itself. */
  ask(member: string, ...args: Argument[]): Promise<string[]> {
    return this.call(BUS, member, ...args);
  }

  close(): void {
    this.onClose = () => {};
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    for (let found = decodeMessage(this.#pending); found; found = decodeMessage(this.#pending)) {
      this.#pending = this.#pending.subarray(found.length);
      this.#dispatch(found.message);
    }
  }

  #dispatch(message: Message): void {
    if (message.kind === KIND.SIGNAL) {
      this.onSignal(message);
      return;
    }
    const waiting = this.#waiting.get(message.replyTo);
    this.#waiting.delete(message.replyTo);
    if (message.kind === KIND.ERROR)
      waiting?.reject(systemError(`${message.errorName}: ${message.texts[0] ?? ""}`));
    else waiting?.resolve(message.texts);
  }
}

/** Errors: unavailable, when there is no bus or it does not let us in. */
export async function connectBus(path: string): Promise<Bus> {
  const socket = createConnection(path);
  await authenticate(socket);
  const bus = new Bus(socket);
  await bus.ask("Hello");
  return bus;
}

/** SASL EXTERNAL: the bus sees who we are by the socket's credentials. */
function authenticate(socket: Socket): Promise<void> {
  const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString("hex");
  return new Promise((resolve, reject) => {
    const fail = () => reject(unavailable("the system's D-Bus does not answer"));
    socket.once("error", fail);
    socket.once("close", fail);
    socket.once("connect", () => socket.write(`\0AUTH EXTERNAL ${uid}\r\n`));
    socket.once("data", (answer) => {
      socket.removeListener("error", fail);
      socket.removeListener("close", fail);
      if (!answer.toString("latin1").startsWith("OK ")) {
        socket.destroy();
        fail();
        return;
      }
      socket.write("BEGIN\r\n");
      resolve();
    });
  });
}
