// Generated from proto/google/protobuf/any.proto by make proto: change that, not this.
import { bytes, text } from "../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../protobuf/message.ts";

/** A message of any type: its type's URL (containerd writes the bare type name) and its encoding. */
export type Any = MessageOf<typeof Any>;
export const Any = message({
  typeUrl: text(1),
  value: bytes(2),
});
