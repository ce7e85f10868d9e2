// Generated from proto/containerd/events/container.proto by make proto: change that, not this.
import { Any } from "../../google/protobuf/any.ts";
import { map, one, text } from "../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../protobuf/message.ts";

export type ContainerCreate_Runtime = MessageOf<typeof ContainerCreate_Runtime>;
export const ContainerCreate_Runtime = message({
  name: text(1),
  options: one(2, Any),
});

export type ContainerCreate = MessageOf<typeof ContainerCreate>;
export const ContainerCreate = message({
  id: text(1),
  image: text(2),
  runtime: one(3, ContainerCreate_Runtime),
});

export type ContainerUpdate = MessageOf<typeof ContainerUpdate>;
export const ContainerUpdate = message({
  id: text(1),
  image: text(2),
  labels: map(3, text),
  snapshotKey: text(4),
});

export type ContainerDelete = MessageOf<typeof ContainerDelete>;
export const ContainerDelete = message({
  id: text(1),
});
