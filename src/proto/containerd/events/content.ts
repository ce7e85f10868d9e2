// Generated from proto/containerd/events/content.proto by make proto: change that, not this.
import { message, type MessageOf } from "../../../protobuf/message.ts";
import { text } from "../../../protobuf/kinds.ts";

export type ContentDelete = MessageOf<typeof ContentDelete>;
export const ContentDelete = message({
  digest: text(1),
});
