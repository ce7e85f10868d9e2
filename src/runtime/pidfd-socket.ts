/** Hands a descriptor of a new process to whoever listens at --pidfd-socket. */
import { messageOf, systemError } from "../errors/errors.ts";
import { closeFd } from "../linux/fd.ts";
import { openPidfd } from "../linux/kill.ts";
import { sendDescriptor } from "../linux/send-descriptor.ts";
import { connectUnix } from "../linux/unix-socket.ts";

/** Sends a pidfd of the process, which must be a child of this one, so that its id cannot be another's. */
export function passPidfd(path: string, pid: number): void {
  const open: number[] = [];
  try {
    open.push(openPidfd(pid));
    open.push(connectUnix(path));
    sendDescriptor(open[1]!, open[0]!, Buffer.from("pidfd"));
  } catch (error) {
    throw systemError(`--pidfd-socket ${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    for (const fd of open) closeFd(fd);
  }
}
