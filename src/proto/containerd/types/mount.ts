// Generated from proto/containerd/types/mount.proto by make proto: change that, not this.
import { message, type MessageOf } from "../../../protobuf/message.ts";
import { text, texts } from "../../../protobuf/kinds.ts";

export type Mount = MessageOf<typeof Mount>;
export const Mount = message({
  type: text(1),
  source: text(2),
  target: text(3),
  options: texts(4),
});
