// Generated from proto/containerd/services/containers/v1/containers.proto by make proto: change that, not this.
import { Any } from "../../../../google/protobuf/any.ts";
import { Empty } from "../../../../google/protobuf/empty.ts";
import { FieldMask } from "../../../../google/protobuf/field_mask.ts";
import { Timestamp } from "../../../../google/protobuf/timestamp.ts";
import { many, map, one, text, texts } from "../../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";
import { serverStream, unary } from "../../../../../protobuf/service.ts";

export type Container_Runtime = MessageOf<typeof Container_Runtime>;
export const Container_Runtime = message({
  name: text(1),
  options: one(2, Any),
});

export type Container = MessageOf<typeof Container>;
export const Container = message({
  id: text(1),
  labels: map(2, text),
  image: text(3),
  runtime: one(4, Container_Runtime),
  spec: one(5, Any),
  snapshotter: text(6),
  snapshotKey: text(7),
  createdAt: one(8, Timestamp),
  updatedAt: one(9, Timestamp),
  extensions: map(10, (value) => one(value, Any)),
  sandbox: text(11),
});

export type GetContainerRequest = MessageOf<typeof GetContainerRequest>;
export const GetContainerRequest = message({
  id: text(1),
});

export type GetContainerResponse = MessageOf<typeof GetContainerResponse>;
export const GetContainerResponse = message({
  container: one(1, Container),
});

export type ListContainersRequest = MessageOf<typeof ListContainersRequest>;
export const ListContainersRequest = message({
  filters: texts(1),
});

export type ListContainersResponse = MessageOf<typeof ListContainersResponse>;
export const ListContainersResponse = message({
  containers: many(1, Container),
});

export type CreateContainerRequest = MessageOf<typeof CreateContainerRequest>;
export const CreateContainerRequest = message({
  container: one(1, Container),
});

export type CreateContainerResponse = MessageOf<typeof CreateContainerResponse>;
export const CreateContainerResponse = message({
  container: one(1, Container),
});

export type UpdateContainerRequest = MessageOf<typeof UpdateContainerRequest>;
export const UpdateContainerRequest = message({
  container: one(1, Container),
  updateMask: one(2, FieldMask),
});

export type UpdateContainerResponse = MessageOf<typeof UpdateContainerResponse>;
export const UpdateContainerResponse = message({
  container: one(1, Container),
});

export type DeleteContainerRequest = MessageOf<typeof DeleteContainerRequest>;
export const DeleteContainerRequest = message({
  id: text(1),
});

export type ListContainerMessage = MessageOf<typeof ListContainerMessage>;
export const ListContainerMessage = message({
  container: one(1, Container),
});

export type ContainersDefinition = typeof ContainersDefinition;
export const ContainersDefinition = {
  fullName: "containerd.services.containers.v1.Containers",
  methods: {
    get: unary("Get", GetContainerRequest, GetContainerResponse),
    list: unary("List", ListContainersRequest, ListContainersResponse),
    listStream: serverStream("ListStream", ListContainersRequest, ListContainerMessage),
    create: unary("Create", CreateContainerRequest, CreateContainerResponse),
    update: unary("Update", UpdateContainerRequest, UpdateContainerResponse),
    delete: unary("Delete", DeleteContainerRequest, Empty),
  },
} as const;
