// Generated from proto/google/protobuf/field_mask.proto by make proto: change that, not this.
import { message, type MessageOf } from "../../../protobuf/message.ts";
import { texts } from "../../../protobuf/kinds.ts";

export type FieldMask = MessageOf<typeof FieldMask>;
export const FieldMask = message({
  paths: texts(1),
});
