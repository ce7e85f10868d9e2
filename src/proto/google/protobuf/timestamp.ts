// Generated from proto/google/protobuf/timestamp.proto by make proto: change that, not this.
import { int32, int64 } from "../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../protobuf/message.ts";

export type Timestamp = MessageOf<typeof Timestamp>;
export const Timestamp = message({
  seconds: int64(1),
  nanos: int32(2),
});
