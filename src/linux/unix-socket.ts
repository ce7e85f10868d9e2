/** Unix stream sockets by bare descriptor: to listen before a child is there to serve, to receive descriptors. */

import { closeFd } from "./fd.ts";
import { check, libc, prepareErrno, ptr, SyscallError } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CMSG_CLOEXEC = 0x40000000;
const MSG_CTRUNC = 8;
const PATH_MAX = 107;
const EINVAL = 22;

function open() {
  prepareErrno();
  return libc({
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    listen: { args: ["i32", "i32"], returns: "i32" },
    connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
    accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
    recvmsg: { args: ["i32", "ptr", "i32"], returns: "i64" },
    chmod: { args: ["ptr", "u32"], returns: "i32" },
  });
}

let opened: ReturnType<typeof open> | undefined;
const c = () => (opened ??= open());

/** struct sockaddr_un. */
function addressOf(path: string): Uint8Array {
  const name = new TextEncoder().encode(path);
  if (name.length > PATH_MAX)
    throw new SyscallError("bind", EINVAL, `${path} (longer than ${PATH_MAX} bytes)`);
  const address = new Uint8Array(2 + name.length + 1);
  address[0] = AF_UNIX;
  address.set(name, 2);
  return address;
}

/** Binds a listening socket with the given mode; throws EADDRINUSE when the path exists. */
export function listenUnix(path: string, mode: number): number {
  const address = addressOf(path);
  const fd = check(c().socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
  try {
    check(c().bind(fd, address, address.length), "bind", path);
    check(c().chmod(address.subarray(2), mode), "chmod", path);
    check(c().listen(fd, 128), "listen", path);
  } catch (error) {
    closeFd(fd);
    throw error;
  }
  return fd;
}

/** Whether somebody accepts connections at the path. */
export function unixAnswers(path: string): boolean {
  const address = addressOf(path);
  const fd = check(c().socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  const connected = c().connect(fd, address, address.length) === 0;
  closeFd(fd);
  return connected;
}

/** Connects to a listening socket; the descriptor is close-on-exec and blocking. */
export function connectUnix(path: string): number {
  const address = addressOf(path);
  const fd = check(c().socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  try {
    check(c().connect(fd, address, address.length), "connect", path);
  } catch (error) {
    closeFd(fd);
    throw error;
  }
  return fd;
}

/** Accepts a connection that is already waiting; throws EAGAIN when none is. */
export function acceptUnix(listener: number): number {
  return check(c().accept4(listener, null, null, SOCK_CLOEXEC), "accept4");
}

/** Receives one descriptor (SCM_RIGHTS), close-on-exec. Throws EINVAL when the message carries none. */
export function receiveDescriptor(socket: number): number {
  const data = new Uint8Array(4096);
  const iovec = new BigUint64Array([BigInt(ptr(data)), BigInt(data.length)]);
  // struct cmsghdr { size_t len; int level; int type; } followed by one int, padded to 8.
  const control = new DataView(new ArrayBuffer(24));
  const controlBytes = new Uint8Array(control.buffer);
  // struct msghdr: name, namelen, iov, iovlen, control, controllen, flags.
  const message = new BigUint64Array([0n, 0n, BigInt(ptr(iovec)), 1n, BigInt(ptr(controlBytes)), 24n, 0n]);
  check(c().recvmsg(socket, message, MSG_CMSG_CLOEXEC), "recvmsg");
  const truncated = (Number(message[6]! & 0xffffffffn) & MSG_CTRUNC) !== 0;
  const carries = control.getInt32(8, true) === SOL_SOCKET && control.getInt32(12, true) === SCM_RIGHTS;
  // The buffers above are read by address: touching them here keeps them alive during the call.
  if (truncated || !carries || data.length + iovec.length === 0)
    throw new SyscallError("recvmsg", EINVAL, "no descriptor in the message");
  return control.getInt32(16, true);
}
