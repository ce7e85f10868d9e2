/** Where shims send their events: containerd.services.events.ttrpc.v1.Events over ttrpc. */
import { invalidArgument, notImplemented } from "../../errors/errors.ts";
import { EventsDefinition, ForwardRequest } from "../../proto/containerd/services/events/ttrpc/v1/events.ts";
import type { Envelope } from "../../proto/containerd/types/event.ts";
import { Empty } from "../../proto/google/protobuf/empty.ts";
import { type Server, serve } from "../../ttrpc/server.ts";

/**
 * Serves at a path, which must not exist. `forward` is called in the order in which each shim sent its
 * events: it must not wait.
 */
export function serveShimEvents(path: string, forward: (envelope: Envelope) => void): Server {
  const empty = Empty.encode({});
  return serve({ path }, async ({ service, method }, payload) => {
    if (service !== EventsDefinition.fullName || method !== "Forward")
      throw notImplemented(
        `${service}/${method} is not served here: only ${EventsDefinition.fullName}/Forward`,
      );
    const { envelope } = ForwardRequest.decode(payload);
    if (!envelope) throw invalidArgument("envelope is missing in the request: invalid argument");
    forward(envelope);
    // Subscribers wait for the event; the shim only wants to know that it has come.
    await new Promise<void>((resolve) => setImmediate(resolve));
    return empty;
  });
}
