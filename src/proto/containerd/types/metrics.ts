// Generated from proto/containerd/types/metrics.proto by make proto: change that, not this.
import { Any } from "../../google/protobuf/any.ts";
import { Timestamp } from "../../google/protobuf/timestamp.ts";
import { message, type MessageOf } from "../../../protobuf/message.ts";
import { one, text } from "../../../protobuf/kinds.ts";

export type Metric = MessageOf<typeof Metric>;
export const Metric = message({
  timestamp: one(1, Timestamp),
  id: text(2),
  data: one(3, Any),
});
