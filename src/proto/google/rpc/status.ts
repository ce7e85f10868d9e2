// Generated from proto/google/rpc/status.proto by make proto: change that, not this.
import { Any } from "../protobuf/any.ts";
import { int32, many, text } from "../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../protobuf/message.ts";

export type Status = MessageOf<typeof Status>;
export const Status = message({
  code: int32(1),
  message: text(2),
  details: many(3, Any),
});
