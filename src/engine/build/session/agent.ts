/** moby.sshforward.v1.SSH: the client's SSH agent, as a socket on this machine. */
import { chmodSync, chownSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { isNotFound, kindOf } from "../../../errors/errors.ts";
import { SSHDefinition } from "../../../proto/moby/sshforward/v1/ssh.ts";
import { writeChunk } from "../../http/stream.ts";
import type { Session } from "./sessions.ts";

const { checkAgent, forwardAgent } = SSHDefinition.methods;

/** False if the client forwards no agent of that name. Errors: unavailable, cancelled. */
export async function hasAgent({ connection }: Session, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    await connection.unary(SSHDefinition, checkAgent, { ID: id }, signal);
    return true;
  } catch (error) {
    if (isNotFound(error) || kindOf(error) === "notImplemented" || kindOf(error) === "system") return false;
    throw error;
  }
}

export interface AgentSocket {
  path: string;
  owner: { uid: number; gid: number; mode: number };
}

/** Listens at a path; every connection to it is one to the client's agent. Gives what ends it. */
export async function serveAgent(
  session: Session,
  id: string,
  { path, owner }: AgentSocket,
  signal: AbortSignal,
): Promise<() => void> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => open.delete(socket));
    void forward(session, id, socket, signal).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, owner.mode);
  chownSync(path, owner.uid, owner.gid);
  return () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
}

async function forward(session: Session, id: string, socket: Socket, signal: AbortSignal): Promise<void> {
  const call = session.connection.open(SSHDefinition, forwardAgent, { "buildkit.ssh.id": id }, signal);
  try {
    socket.on("data", (data: Buffer) => {
      socket.pause();
      void call.send({ data }).then(() => socket.resume());
    });
    socket.on("end", () => call.end());
    for await (const { data } of call.messages) await writeChunk(socket, data);
    socket.end();
  } finally {
    call.cancel();
  }
}
