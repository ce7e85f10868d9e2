// Generated from proto/containerd/types/platform.proto by make proto: change that, not this.
import { message, type MessageOf } from "../../../protobuf/message.ts";
import { text, texts } from "../../../protobuf/kinds.ts";

export type Platform = MessageOf<typeof Platform>;
export const Platform = message({
  os: text(1),
  architecture: text(2),
  variant: text(3),
  osVersion: text(4),
  osFeatures: texts(5),
});
