// Generated from proto/containerd/services/events/v1/events.proto by make proto: change that, not this.
import { Any } from "../../../../google/protobuf/any.ts";
import { Empty } from "../../../../google/protobuf/empty.ts";
import { Envelope } from "../../../types/event.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";
import { one, text, texts } from "../../../../../protobuf/kinds.ts";
import { serverStream, unary } from "../../../../../protobuf/service.ts";

export type PublishRequest = MessageOf<typeof PublishRequest>;
export const PublishRequest = message({
  topic: text(1),
  event: one(2, Any),
});

export type ForwardRequest = MessageOf<typeof ForwardRequest>;
export const ForwardRequest = message({
  envelope: one(1, Envelope),
});

export type SubscribeRequest = MessageOf<typeof SubscribeRequest>;
export const SubscribeRequest = message({
  filters: texts(1),
});

export type EventsDefinition = typeof EventsDefinition;
export const EventsDefinition = {
  fullName: "containerd.services.events.v1.Events",
  methods: {
    publish: unary("Publish", PublishRequest, Empty),
    forward: unary("Forward", ForwardRequest, Empty),
    subscribe: serverStream("Subscribe", SubscribeRequest, Envelope),
  },
} as const;
