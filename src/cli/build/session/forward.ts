/**
 * moby.sshforward.v1.SSH: the build's commands may ask an agent for its keys and for signatures, one request after the
 * other; they can neither add keys, nor take any away, nor lock it (draft-miller-ssh-agent).
 */
import { connect, type Socket } from "node:net";
import { dataLoss, notFound, unavailable } from "../../../errors/errors.ts";
import {
  BytesMessage,
  CheckAgentRequest,
  CheckAgentResponse,
} from "../../../proto/moby/sshforward/v1/ssh.ts";
import type { Agents } from "./agents.ts";
import type { Methods } from "./serve.ts";

const REQUEST_IDENTITIES = 11;
const SIGN_REQUEST = 13;
const FAILURE = Buffer.of(0, 0, 0, 1, 5);
/** Longest message of the protocol that is believed, bytes; OpenSSH's limit. */
const LONGEST = 256 * 1024;

export function agentMethods(agents: Agents): Methods {
  const pathOf = (id: string): string => {
    const path = agents.get(id || "default");
    if (path === undefined) throw notFound(`unset ssh forward key ${id || "default"}`);
    return path;
  };
  return {
    async *"/moby.sshforward.v1.SSH/CheckAgent"(messages) {
      for await (const message of messages) {
        pathOf(CheckAgentRequest.decode(message).ID);
        yield CheckAgentResponse.encode({});
      }
    },
    async *"/moby.sshforward.v1.SSH/ForwardAgent"(messages, metadata) {
      const socket = await dial(pathOf(metadata["buildkit.ssh.id"] ?? ""));
      try {
        const answers = packets(socket as AsyncIterable<Uint8Array>);
        for await (const request of packets(contents(messages))) {
          const data = await ask(socket, answers, request);
          yield BytesMessage.encode({ data });
        }
      } finally {
        socket.destroy();
      }
    },
  };
}

async function* contents(messages: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const message of messages) yield BytesMessage.decode(message).data;
}

async function ask(socket: Socket, answers: AsyncGenerator<Buffer>, request: Buffer): Promise<Uint8Array> {
  const kind = request[4];
  if (kind !== REQUEST_IDENTITIES && kind !== SIGN_REQUEST) return FAILURE;
  socket.write(request);
  const { value, done } = await answers.next();
  if (done) throw unavailable("the ssh agent closed the connection");
  return value;
}

function dial(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error) =>
      reject(unavailable(`failed to connect to ssh agent at ${path}: ${error.message}`)),
    );
  });
}

/** Each with its four bytes of length. */
async function* packets(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 4) {
      const length = 4 + held.readUInt32BE(0);
      if (length > LONGEST)
        throw dataLoss(`an ssh agent's message of ${length} bytes is longer than is believed`);
      if (held.length < length) break;
      yield held.subarray(0, length);
      held = held.subarray(length);
    }
  }
}
