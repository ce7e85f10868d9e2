/** A pair of SOCK_SEQPACKET sockets: packets in order, each whole, and an end when the other side is gone. */
import { check, errno, ptr, SyscallError } from "./libc.ts";
import { SYS, syscall } from "./syscall.ts";

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const SCM_RIGHTS = 1;
const EINTR = 4;
const PACKET_MAX = 8192;

function pair(type: number): [number, number] {
  const fds = new Int32Array(2);
  check(syscall(SYS.socketpair, AF_UNIX, type | SOCK_CLOEXEC, 0, fds), "socketpair");
  return [fds[0]!, fds[1]!];
}

/** Two connected packet sockets, close-on-exec. */
export const packetPair = (): [number, number] => pair(SOCK_SEQPACKET);

/** Two connected stream sockets, close-on-exec. */
export const streamPair = (): [number, number] => pair(SOCK_STREAM);

export interface Packet {
  bytes: Uint8Array;
  /** A descriptor that came along, close-on-exec and the receiver's to close. */
  fd?: number;
}

/** Waits for a packet of at most 8 KiB; undefined when the other side is gone. Blocks the thread. */
export function receivePacket(socket: number): Packet | undefined {
  const data = new Uint8Array(PACKET_MAX);
  const control = new DataView(new ArrayBuffer(24));
  const controlBytes = new Uint8Array(control.buffer);
  const iovec = new BigUint64Array([BigInt(ptr(data)), BigInt(data.length)]);
  const message = new BigUint64Array([0n, 0n, BigInt(ptr(iovec)), 1n, BigInt(ptr(controlBytes)), 24n, 0n]);
  for (;;) {
    const got = syscall(SYS.recvmsg, socket, message, MSG_CMSG_CLOEXEC);
    if (got < 0) {
      const error = errno();
      if (error === EINTR) continue;
      throw new SyscallError("recvmsg", error);
    }
    if (got === 0 || iovec.length === 0) return undefined;
    const carries = message[5]! >= 20n && control.getInt32(12, true) === SCM_RIGHTS;
    return { bytes: data.subarray(0, got), ...(carries ? { fd: control.getInt32(16, true) } : {}) };
  }
}

/** Sends a packet; throws EPIPE when the other side is gone. */
export function sendPacket(socket: number, bytes: Uint8Array): void {
  check(syscall(SYS.sendto, socket, bytes, bytes.length, MSG_NOSIGNAL), "send");
}
