// Generated from proto/containerd/services/namespaces/v1/namespaces.proto by make proto: change that, not this.
import { Empty } from "../../../../google/protobuf/empty.ts";
import { FieldMask } from "../../../../google/protobuf/field_mask.ts";
import { many, map, one, text } from "../../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";
import { unary } from "../../../../../protobuf/service.ts";

export type Namespace = MessageOf<typeof Namespace>;
export const Namespace = message({
  name: text(1),
  labels: map(2, text),
});

export type GetNamespaceRequest = MessageOf<typeof GetNamespaceRequest>;
export const GetNamespaceRequest = message({
  name: text(1),
});

export type GetNamespaceResponse = MessageOf<typeof GetNamespaceResponse>;
export const GetNamespaceResponse = message({
  namespace: one(1, Namespace),
});

export type ListNamespacesRequest = MessageOf<typeof ListNamespacesRequest>;
export const ListNamespacesRequest = message({
  filter: text(1),
});

export type ListNamespacesResponse = MessageOf<typeof ListNamespacesResponse>;
export const ListNamespacesResponse = message({
  namespaces: many(1, Namespace),
});

export type CreateNamespaceRequest = MessageOf<typeof CreateNamespaceRequest>;
export const CreateNamespaceRequest = message({
  namespace: one(1, Namespace),
});

export type CreateNamespaceResponse = MessageOf<typeof CreateNamespaceResponse>;
export const CreateNamespaceResponse = message({
  namespace: one(1, Namespace),
});

export type UpdateNamespaceRequest = MessageOf<typeof UpdateNamespaceRequest>;
export const UpdateNamespaceRequest = message({
  namespace: one(1, Namespace),
  updateMask: one(2, FieldMask),
});

export type UpdateNamespaceResponse = MessageOf<typeof UpdateNamespaceResponse>;
export const UpdateNamespaceResponse = message({
  namespace: one(1, Namespace),
});

export type DeleteNamespaceRequest = MessageOf<typeof DeleteNamespaceRequest>;
export const DeleteNamespaceRequest = message({
  name: text(1),
});

export type NamespacesDefinition = typeof NamespacesDefinition;
export const NamespacesDefinition = {
  fullName: "containerd.services.namespaces.v1.Namespaces",
  methods: {
    get: unary("Get", GetNamespaceRequest, GetNamespaceResponse),
    list: unary("List", ListNamespacesRequest, ListNamespacesResponse),
    create: unary("Create", CreateNamespaceRequest, CreateNamespaceResponse),
    update: unary("Update", UpdateNamespaceRequest, UpdateNamespaceResponse),
    delete: unary("Delete", DeleteNamespaceRequest, Empty),
  },
} as const;
