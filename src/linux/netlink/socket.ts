/** A netlink socket, used synchronously: the kernel has answered by the time that send(2) returns. */
import { closeFd } from "../fd.ts";
import { check, libc, prepareErrno, SyscallError } from "../libc.ts";
import { decodeMessages, encodeMessage, type Message, NLM_F, NLMSG, type Request } from "./message.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
export const NETLINK = { ROUTE: 0, NETFILTER: 12 } as const;
const RECEIVE_SIZE = 64 * 1024;

function open() {
  prepareErrno();
  return libc({
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    send: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
    recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  });
}

let opened: ReturnType<typeof open> | undefined;
const c = () => (opened ??= open());

/** The kernel's text for common refusals is poor; the request's own name tells what was tried. */
export interface NamedRequest extends Request {
  what: string;
}

/**
 * Bound to the network namespace that the thread was in when it was opened, wherever the thread goes later.
 * Close it: nothing else does.
 */
export class NetlinkSocket implements Disposable {
  readonly fd: number;
  #sequence = 1;

  constructor(protocol: number = NETLINK.ROUTE, groups = 0, blocking = true) {
    const type = SOCK_RAW | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK);
    this.fd = check(c().socket(AF_NETLINK, type, protocol), "socket", "AF_NETLINK");
    const address = new Uint8Array(12);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_NETLINK, true);
    view.setUint32(8, groups, true);
    try {
      check(c().bind(this.fd, address, address.length), "bind", "AF_NETLINK");
    } catch (error) {
      closeFd(this.fd);
      throw error;
    }
  }

  /**
   * Sends requests in one go and waits for each one's acknowledgement. Throws the SyscallError of the first that
   * failed, named by its `what`; the kernel has carried out the others all the same.
   */
  run(...requests: NamedRequest[]): void {
    const first = this.#sequence;
    this.#send(requests.map((r) => this.#encode(r, NLM_F.REQUEST | NLM_F.ACK)));
    let failure: SyscallError | undefined;
    for (let waiting = requests.length; waiting > 0; ) {
      for (const message of this.receive()) {
        if (message.type !== NLMSG.ERROR) continue;
        waiting--;
        const errno = -message.body.readInt32LE(0);
        const request = requests[message.sequence - first];
        if (errno !== 0) failure ??= new SyscallError("netlink", errno, request?.what);
      }
    }
    if (failure) throw failure;
  }

  /** All messages that answer a dump request. */
  dump(request: NamedRequest): Message[] {
    this.#send([this.#encode(request, NLM_F.REQUEST | NLM_F.DUMP)]);
    const found: Message[] = [];
    for (;;) {
      for (const message of this.receive()) {
        if (message.type === NLMSG.DONE) return found;
        if (message.type === NLMSG.ERROR)
          throw new SyscallError("netlink", -message.body.readInt32LE(0), request.what);
        found.push(message);
      }
    }
  }

  /** The one message that answers; undefined if the kernel says ENODEV or ENOENT. */
  get(request: NamedRequest): Message | undefined {
    this.#send([this.#encode(request, NLM_F.REQUEST)]);
    const [message] = this.receive();
    if (message?.type !== NLMSG.ERROR) return message;
    const errno = -message.body.readInt32LE(0);
    if (errno === 19 || errno === 2) return undefined;
    throw new SyscallError("netlink", errno, request.what);
  }

  /** What is there to read. Throws EAGAIN on a socket that does not block. */
  receive(): Message[] {
    const buffer = Buffer.alloc(RECEIVE_SIZE);
    const length = check(c().recv(this.fd, buffer, BigInt(buffer.length), 0), "recv", "netlink");
    return [...decodeMessages(buffer.subarray(0, length))];
  }

  #encode(request: NamedRequest, flags: number): Uint8Array {
    return encodeMessage(request, this.#sequence++, flags);
  }

  #send(messages: Uint8Array[]): void {
    const bytes = Buffer.concat(messages);
    check(c().send(this.fd, bytes, BigInt(bytes.length), 0), "send", "netlink");
  }

  [Symbol.dispose](): void {
    closeFd(this.fd);
  }
}
