/** Sends datagrams to a Unix socket, as syslog and journald take them; node has no such sockets. */
import { closeFd } from "./fd.ts";
import { check, libc, prepareErrno } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;

function open() {
  prepareErrno();
  return libc({
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
    send: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  });
}

let opened: ReturnType<typeof open> | undefined;
const c = () => (opened ??= open());

/** A connected datagram socket. The receiver decides how fast it goes: send() blocks while its queue is full. */
export class UnixDatagram {
  readonly #fd: number;
  readonly #path: string;

  /** Errors: SyscallError, when nobody receives at the path. */
  constructor(path: string) {
    this.#path = path;
    const name = new TextEncoder().encode(path);
    const address = new Uint8Array(2 + name.length + 1);
    address[0] = AF_UNIX;
    address.set(name, 2);
    this.#fd = check(c().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    try {
      check(c().connect(this.#fd, address, address.length), "connect", path);
    } catch (error) {
      closeFd(this.#fd);
      throw error;
    }
  }

  /** Errors: SyscallError, when the receiver has gone or the message is too long. */
  send(message: Uint8Array): void {
    check(c().send(this.#fd, message, message.length, MSG_NOSIGNAL), "send", this.#path);
  }

  close(): void {
    closeFd(this.#fd);
  }
}
