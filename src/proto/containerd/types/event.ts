// Generated from proto/containerd/types/event.proto by make proto: change that, not this.
import { Any } from "../../google/protobuf/any.ts";
import { Timestamp } from "../../google/protobuf/timestamp.ts";
import { message, type MessageOf } from "../../../protobuf/message.ts";
import { one, text } from "../../../protobuf/kinds.ts";

export type Envelope = MessageOf<typeof Envelope>;
export const Envelope = message({
  timestamp: one(1, Timestamp),
  namespace: text(2),
  topic: text(3),
  event: one(4, Any),
});
