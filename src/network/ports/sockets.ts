/** Host ports, taken by binding real sockets at once, so that a port in use is known before a container starts. */

import { invalidArgument } from "../../errors/errors.ts";
import { closeFd } from "../../linux/fd.ts";
import { check, libc, prepareErrno, SyscallError } from "../../linux/libc.ts";
import { addressBytes, parseAddress } from "../address/ip.ts";
import type { PublishedPort } from "../records.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK = { tcp: 1, udp: 2, sctp: 1 } as const;
const PROTOCOL = { tcp: 6, udp: 17, sctp: 132 } as const;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const BACKLOG = 4096;

function open() {
  prepareErrno();
  return libc({
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    listen: { args: ["i32", "i32"], returns: "i32" },
  });
}

let opened: ReturnType<typeof open> | undefined;
const c = () => (opened ??= open());

/** struct sockaddr_in or sockaddr_in6. */
function socketAddress(ip: string, port: number): Uint8Array {
  const address = parseAddress(ip);
  if (!address) throw invalidArgument(`invalid IP address: ${ip}`);
  const v6 = address.family === 6;
  const out = Buffer.alloc(v6 ? 28 : 16);
  out.writeUInt16LE(v6 ? AF_INET6 : AF_INET, 0);
  out.writeUInt16BE(port, 2);
  out.set(addressBytes(address), v6 ? 8 : 4);
  return out;
}

/** Binds, and for TCP listens. Throws a SyscallError named after the call. Close the descriptor to let go. */
export function bindPort(port: Pick<PublishedPort, "proto" | "hostIP" | "hostPort">): number {
  const { proto, hostIP } = port;
  const address = socketAddress(hostIP, port.hostPort);
  const family = address.length === 16 ? AF_INET : AF_INET6;
  const type = SOCK[proto] | SOCK_CLOEXEC | SOCK_NONBLOCK;
  const fd = check(c().socket(family, type, PROTOCOL[proto]), "socket");
  try {
    const on = Int32Array.of(1);
    if (proto === "tcp") check(c().setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, on, 4), "setsockopt");
    if (family === AF_INET6) check(c().setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, on, 4), "setsockopt");
    check(c().bind(fd, address, address.length), "bind");
    if (proto !== "udp") check(c().listen(fd, BACKLOG), "listen");
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

const WORDS: Record<string, string> = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EACCES: "permission denied",
  EPROTONOSUPPORT: "protocol not supported",
  ESOCKTNOSUPPORT: "socket type not supported",
  EAFNOSUPPORT: "address family not supported by protocol",
};

/** "listen tcp4 0.0.0.0:8080: bind: address already in use", as stock's proxy says it. */
export function bindFailure(
  port: Pick<PublishedPort, "proto" | "hostIP" | "hostPort">,
  error: unknown,
): string {
  if (!(error instanceof SyscallError)) throw error;
  // The kernel does not know the protocol: stock names no address then.
  if (error.syscall === "socket") return WORDS[error.code] ?? error.code;
  const v6 = port.hostIP.includes(":");
  const address = v6 ? `[${port.hostIP}]` : port.hostIP;
  const why = WORDS[error.code] ?? error.code;
  return `listen ${port.proto}${v6 ? 6 : 4} ${address}:${port.hostPort}: ${error.syscall}: ${why}`;
}
