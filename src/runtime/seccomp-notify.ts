/** Hands a seccomp notify descriptor to the agent that listens at linux.seccomp.listenerPath. */
import { messageOf, systemError } from "../errors/errors.ts";
import { closeFd } from "../linux/fd.ts";
import { sendDescriptor } from "../linux/send-descriptor.ts";
import { connectUnix } from "../linux/unix-socket.ts";
import type { LinuxSeccomp } from "../oci/runtime-spec.ts";
import { stateFor } from "./hooks.ts";
import type { ContainerRecord } from "./state/store.ts";

/**
 * Sends the descriptor with the container's state (ContainerProcessState of the specification) and closes it.
 * `pid` is the process that the filter is for: the container's first one or an exec.
 */
export function passListener(fd: number, record: ContainerRecord, pid: number): void {
  const profile = record.seccomp ? JSON.parse(record.seccomp.text) : record.spec.linux?.seccomp;
  const { listenerPath, listenerMetadata } = profile as LinuxSeccomp;
  const state = {
    ociVersion: record.ociVersion,
    fds: ["seccompFd"],
    pid,
    metadata: listenerMetadata ?? "",
    state: stateFor(record, pid === record.pid ? "creating" : "running"),
  };
  try {
    const socket = connectUnix(listenerPath!);
    try {
      sendDescriptor(socket, fd, Buffer.from(JSON.stringify(state)));
    } finally {
      closeFd(socket);
    }
  } catch (error) {
    throw systemError(
      `linux.seccomp.listenerPath: failed to connect with seccomp agent at ${listenerPath}: ${messageOf(error)}`,
      { cause: error },
    );
  } finally {
    closeFd(fd);
  }
}
