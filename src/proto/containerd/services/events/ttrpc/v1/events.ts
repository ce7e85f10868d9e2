// Generated from proto/containerd/services/events/ttrpc/v1/events.proto by make proto: change that, not this.
import { Empty } from "../../../../../google/protobuf/empty.ts";
import { Envelope } from "../../../../types/event.ts";
import { message, type MessageOf } from "../../../../../../protobuf/message.ts";
import { one } from "../../../../../../protobuf/kinds.ts";
import { unary } from "../../../../../../protobuf/service.ts";

export type ForwardRequest = MessageOf<typeof ForwardRequest>;
export const ForwardRequest = message({
  envelope: one(1, Envelope),
});

/** Where shims send their events, over ttrpc. */
export type EventsDefinition = typeof EventsDefinition;
export const EventsDefinition = {
  fullName: "containerd.services.events.ttrpc.v1.Events",
  methods: {
    forward: unary("Forward", ForwardRequest, Empty),
  },
} as const;
