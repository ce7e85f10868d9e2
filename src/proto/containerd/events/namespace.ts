// Generated from proto/containerd/events/namespace.proto by make proto: change that, not this.
import { map, text } from "../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../protobuf/message.ts";

export type NamespaceCreate = MessageOf<typeof NamespaceCreate>;
export const NamespaceCreate = message({
  name: text(1),
  labels: map(2, text),
});

export type NamespaceUpdate = MessageOf<typeof NamespaceUpdate>;
export const NamespaceUpdate = message({
  name: text(1),
  labels: map(2, text),
});

export type NamespaceDelete = MessageOf<typeof NamespaceDelete>;
export const NamespaceDelete = message({
  name: text(1),
});
