// Generated from proto/containerd/types/descriptor.proto by make proto: change that, not this.
import { int64, map, text } from "../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../protobuf/message.ts";

export type Descriptor = MessageOf<typeof Descriptor>;
export const Descriptor = message({
  mediaType: text(1),
  digest: text(2),
  size: int64(3),
  annotations: map(5, text),
});
