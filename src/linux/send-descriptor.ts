import { check, libc, prepareErrno, ptr } from "./libc.ts";

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_NOSIGNAL = 0x4000;

/** Sends one descriptor (SCM_RIGHTS) along with data, of which there must be at least a byte. */
export function sendDescriptor(socket: number, fd: number, data: Uint8Array): void {
  prepareErrno();
  const { sendmsg } = libc({ sendmsg: { args: ["i32", "ptr", "i32"], returns: "i64" } });
  const control = new DataView(new ArrayBuffer(24));
  control.setBigUint64(0, 20n, true);
  control.setInt32(8, SOL_SOCKET, true);
  control.setInt32(12, SCM_RIGHTS, true);
  control.setInt32(16, fd, true);
  const controlBytes = new Uint8Array(control.buffer);
  const iovec = new BigUint64Array([BigInt(ptr(data)), BigInt(data.length)]);
  const message = new BigUint64Array([0n, 0n, BigInt(ptr(iovec)), 1n, BigInt(ptr(controlBytes)), 24n, 0n]);
  check(sendmsg(socket, message, MSG_NOSIGNAL), "sendmsg");
  // Read by address above: still referenced here, so not collected during the call.
  if (iovec.length + controlBytes.length + data.length === 0) throw new Error("unreachable");
}
