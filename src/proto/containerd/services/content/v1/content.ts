// Generated from proto/containerd/services/content/v1/content.proto by make proto: change that, not this.
import { Empty } from "../../../../google/protobuf/empty.ts";
import { FieldMask } from "../../../../google/protobuf/field_mask.ts";
import { Timestamp } from "../../../../google/protobuf/timestamp.ts";
import { bytes, choice, int64, many, map, one, text, texts } from "../../../../../protobuf/kinds.ts";
import { duplex, serverStream, unary } from "../../../../../protobuf/service.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";

export enum WriteAction {
  STAT = 0,
  WRITE = 1,
  COMMIT = 2,
}

export type Info = MessageOf<typeof Info>;
export const Info = message({
  digest: text(1),
  size: int64(2),
  createdAt: one(3, Timestamp),
  updatedAt: one(4, Timestamp),
  labels: map(5, text),
});

export type InfoRequest = MessageOf<typeof InfoRequest>;
export const InfoRequest = message({
  digest: text(1),
});

export type InfoResponse = MessageOf<typeof InfoResponse>;
export const InfoResponse = message({
  info: one(1, Info),
});

export type UpdateRequest = MessageOf<typeof UpdateRequest>;
export const UpdateRequest = message({
  info: one(1, Info),
  updateMask: one(2, FieldMask),
});

export type UpdateResponse = MessageOf<typeof UpdateResponse>;
export const UpdateResponse = message({
  info: one(1, Info),
});

export type ListContentRequest = MessageOf<typeof ListContentRequest>;
export const ListContentRequest = message({
  filters: texts(1),
});

export type ListContentResponse = MessageOf<typeof ListContentResponse>;
export const ListContentResponse = message({
  info: many(1, Info),
});

export type DeleteContentRequest = MessageOf<typeof DeleteContentRequest>;
export const DeleteContentRequest = message({
  digest: text(1),
});

export type ReadContentRequest = MessageOf<typeof ReadContentRequest>;
export const ReadContentRequest = message({
  digest: text(1),
  offset: int64(2),
  size: int64(3),
});

export type ReadContentResponse = MessageOf<typeof ReadContentResponse>;
export const ReadContentResponse = message({
  offset: int64(1),
  data: bytes(2),
});

export type Status = MessageOf<typeof Status>;
export const Status = message({
  startedAt: one(1, Timestamp),
  updatedAt: one(2, Timestamp),
  ref: text(3),
  offset: int64(4),
  total: int64(5),
  expected: text(6),
});

export type StatusRequest = MessageOf<typeof StatusRequest>;
export const StatusRequest = message({
  ref: text(1),
});

export type StatusResponse = MessageOf<typeof StatusResponse>;
export const StatusResponse = message({
  status: one(1, Status),
});

export type ListStatusesRequest = MessageOf<typeof ListStatusesRequest>;
export const ListStatusesRequest = message({
  filters: texts(1),
});

export type ListStatusesResponse = MessageOf<typeof ListStatusesResponse>;
export const ListStatusesResponse = message({
  statuses: many(1, Status),
});

export type WriteContentRequest = MessageOf<typeof WriteContentRequest>;
export const WriteContentRequest = message({
  action: choice<WriteAction>(1),
  ref: text(2),
  total: int64(3),
  expected: text(4),
  offset: int64(5),
  data: bytes(6),
  labels: map(7, text),
});

export type WriteContentResponse = MessageOf<typeof WriteContentResponse>;
export const WriteContentResponse = message({
  action: choice<WriteAction>(1),
  startedAt: one(2, Timestamp),
  updatedAt: one(3, Timestamp),
  offset: int64(4),
  total: int64(5),
  digest: text(6),
});

export type AbortRequest = MessageOf<typeof AbortRequest>;
export const AbortRequest = message({
  ref: text(1),
});

export type ContentDefinition = typeof ContentDefinition;
export const ContentDefinition = {
  fullName: "containerd.services.content.v1.Content",
  methods: {
    info: unary("Info", InfoRequest, InfoResponse),
    update: unary("Update", UpdateRequest, UpdateResponse),
    list: serverStream("List", ListContentRequest, ListContentResponse),
    delete: unary("Delete", DeleteContentRequest, Empty),
    read: serverStream("Read", ReadContentRequest, ReadContentResponse),
    status: unary("Status", StatusRequest, StatusResponse),
    listStatuses: unary("ListStatuses", ListStatusesRequest, ListStatusesResponse),
    write: duplex("Write", WriteContentRequest, WriteContentResponse),
    abort: unary("Abort", AbortRequest, Empty),
  },
} as const;
