// Generated from proto/containerd/events/image.proto by make proto: change that, not this.
import { map, text } from "../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../protobuf/message.ts";

export type ImageCreate = MessageOf<typeof ImageCreate>;
export const ImageCreate = message({
  name: text(1),
  labels: map(2, text),
});

export type ImageUpdate = MessageOf<typeof ImageUpdate>;
export const ImageUpdate = message({
  name: text(1),
  labels: map(2, text),
});

export type ImageDelete = MessageOf<typeof ImageDelete>;
export const ImageDelete = message({
  name: text(1),
});
