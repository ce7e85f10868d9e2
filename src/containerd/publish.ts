/**
 * `docker-containerd --address SOCKET publish --topic TOPIC --namespace NAMESPACE`: publishes the event on standard input, a
 * google.protobuf.Any, for shims that have no ttrpc of their own (shim v2, "-publish-binary").
 */
import { invalidArgument } from "../errors/errors.ts";
import { parseFlags } from "../flags/flags.ts";
import { EventsDefinition, ForwardRequest } from "../proto/containerd/services/events/ttrpc/v1/events.ts";
import { Any } from "../proto/google/protobuf/any.ts";
import { Client } from "../ttrpc/client.ts";
import { now } from "./timestamp.ts";

const FLAGS = {
  namespace: { kind: "string", help: "The namespace that it is of", value: "NAME" },
  topic: { kind: "string", help: "What it is, such as /tasks/exit", value: "TOPIC" },
} as const;

/** Milliseconds. */
const PATIENCE = 10_000;

/** Errors: invalidArgument, unavailable when nobody serves there. */
export async function publishMain(socket: string, args: string[]): Promise<number> {
  const { values } = parseFlags(FLAGS, args);
  const { namespace = "", topic = "" } = values;
  if (topic === "")
    throw invalidArgument("topic required to publish event: want publish --topic /tasks/exit");
  const event = Any.decode(await Bun.stdin.bytes());
  const envelope = { timestamp: now(), namespace, topic, event };
  const client = await Client.connect(`${socket}.ttrpc`);
  try {
    const { fullName, methods } = EventsDefinition;
    await client.call(fullName, methods.forward.name, ForwardRequest.encode({ envelope }), {
      timeout: PATIENCE,
    });
    return 0;
  } finally {
    client.close();
  }
}
