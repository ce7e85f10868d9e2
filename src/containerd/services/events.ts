import { failedPrecondition, invalidArgument } from "../../errors/errors.ts";
import { service } from "../../grpc/server.ts";
import { EventsDefinition } from "../../proto/containerd/services/events/v1/events.ts";
import type { EventExchange } from "../events/exchange.ts";
import { namespaceOf } from "../metadata/validate.ts";
import { now } from "../timestamp.ts";

export const eventsService = (events: EventExchange) =>
  service(EventsDefinition, () => ({
    publish({ topic, event }, context) {
      const { namespace } = context;
      if (namespace === "")
        throw failedPrecondition("failed publishing event: namespace is required: failed precondition");
      events.forward({ timestamp: now(), namespace: namespaceOf(context), topic, event });
      return {};
    },
    forward({ envelope }) {
      if (!envelope) throw invalidArgument("envelope is missing in the request: invalid argument");
      events.forward(envelope);
      return {};
    },
    subscribe: ({ filters }, { signal }) => events.subscribe(filters, signal),
  }));
