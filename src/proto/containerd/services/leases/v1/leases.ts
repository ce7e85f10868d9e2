// Generated from proto/containerd/services/leases/v1/leases.proto by make proto: change that, not this.
import { Empty } from "../../../../google/protobuf/empty.ts";
import { Timestamp } from "../../../../google/protobuf/timestamp.ts";
import { flag, many, map, one, text, texts } from "../../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";
import { unary } from "../../../../../protobuf/service.ts";

export type Lease = MessageOf<typeof Lease>;
export const Lease = message({
  id: text(1),
  createdAt: one(2, Timestamp),
  labels: map(3, text),
});

export type CreateRequest = MessageOf<typeof CreateRequest>;
export const CreateRequest = message({
  id: text(1),
  labels: map(3, text),
});

export type CreateResponse = MessageOf<typeof CreateResponse>;
export const CreateResponse = message({
  lease: one(1, Lease),
});

export type DeleteRequest = MessageOf<typeof DeleteRequest>;
export const DeleteRequest = message({
  id: text(1),
  sync: flag(2),
});

export type ListRequest = MessageOf<typeof ListRequest>;
export const ListRequest = message({
  filters: texts(1),
});

export type ListResponse = MessageOf<typeof ListResponse>;
export const ListResponse = message({
  leases: many(1, Lease),
});

export type Resource = MessageOf<typeof Resource>;
export const Resource = message({
  id: text(1),
  type: text(2),
});

export type AddResourceRequest = MessageOf<typeof AddResourceRequest>;
export const AddResourceRequest = message({
  id: text(1),
  resource: one(2, Resource),
});

export type DeleteResourceRequest = MessageOf<typeof DeleteResourceRequest>;
export const DeleteResourceRequest = message({
  id: text(1),
  resource: one(2, Resource),
});

export type ListResourcesRequest = MessageOf<typeof ListResourcesRequest>;
export const ListResourcesRequest = message({
  id: text(1),
});

export type ListResourcesResponse = MessageOf<typeof ListResourcesResponse>;
export const ListResourcesResponse = message({
  resources: many(1, Resource),
});

export type LeasesDefinition = typeof LeasesDefinition;
export const LeasesDefinition = {
  fullName: "containerd.services.leases.v1.Leases",
  methods: {
    create: unary("Create", CreateRequest, CreateResponse),
    delete: unary("Delete", DeleteRequest, Empty),
    list: unary("List", ListRequest, ListResponse),
    addResource: unary("AddResource", AddResourceRequest, Empty),
    deleteResource: unary("DeleteResource", DeleteResourceRequest, Empty),
    listResources: unary("ListResources", ListResourcesRequest, ListResourcesResponse),
  },
} as const;
