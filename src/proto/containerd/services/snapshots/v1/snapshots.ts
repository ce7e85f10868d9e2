// Generated from proto/containerd/services/snapshots/v1/snapshots.proto by make proto: change that, not this.
import { Empty } from "../../../../google/protobuf/empty.ts";
import { FieldMask } from "../../../../google/protobuf/field_mask.ts";
import { Mount } from "../../../types/mount.ts";
import { Timestamp } from "../../../../google/protobuf/timestamp.ts";
import { choice, int64, many, map, one, text, texts } from "../../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";
import { serverStream, unary } from "../../../../../protobuf/service.ts";

export enum Kind {
  UNKNOWN = 0,
  VIEW = 1,
  ACTIVE = 2,
  COMMITTED = 3,
}

export type PrepareSnapshotRequest = MessageOf<typeof PrepareSnapshotRequest>;
export const PrepareSnapshotRequest = message({
  snapshotter: text(1),
  key: text(2),
  parent: text(3),
  labels: map(4, text),
});

export type PrepareSnapshotResponse = MessageOf<typeof PrepareSnapshotResponse>;
export const PrepareSnapshotResponse = message({
  mounts: many(1, Mount),
});

export type ViewSnapshotRequest = MessageOf<typeof ViewSnapshotRequest>;
export const ViewSnapshotRequest = message({
  snapshotter: text(1),
  key: text(2),
  parent: text(3),
  labels: map(4, text),
});

export type ViewSnapshotResponse = MessageOf<typeof ViewSnapshotResponse>;
export const ViewSnapshotResponse = message({
  mounts: many(1, Mount),
});

export type MountsRequest = MessageOf<typeof MountsRequest>;
export const MountsRequest = message({
  snapshotter: text(1),
  key: text(2),
});

export type MountsResponse = MessageOf<typeof MountsResponse>;
export const MountsResponse = message({
  mounts: many(1, Mount),
});

export type RemoveSnapshotRequest = MessageOf<typeof RemoveSnapshotRequest>;
export const RemoveSnapshotRequest = message({
  snapshotter: text(1),
  key: text(2),
});

export type CommitSnapshotRequest = MessageOf<typeof CommitSnapshotRequest>;
export const CommitSnapshotRequest = message({
  snapshotter: text(1),
  name: text(2),
  key: text(3),
  labels: map(4, text),
});

export type StatSnapshotRequest = MessageOf<typeof StatSnapshotRequest>;
export const StatSnapshotRequest = message({
  snapshotter: text(1),
  key: text(2),
});

export type Info = MessageOf<typeof Info>;
export const Info = message({
  name: text(1),
  parent: text(2),
  kind: choice<Kind>(3),
  createdAt: one(4, Timestamp),
  updatedAt: one(5, Timestamp),
  labels: map(6, text),
});

export type StatSnapshotResponse = MessageOf<typeof StatSnapshotResponse>;
export const StatSnapshotResponse = message({
  info: one(1, Info),
});

export type UpdateSnapshotRequest = MessageOf<typeof UpdateSnapshotRequest>;
export const UpdateSnapshotRequest = message({
  snapshotter: text(1),
  info: one(2, Info),
  updateMask: one(3, FieldMask),
});

export type UpdateSnapshotResponse = MessageOf<typeof UpdateSnapshotResponse>;
export const UpdateSnapshotResponse = message({
  info: one(1, Info),
});

export type ListSnapshotsRequest = MessageOf<typeof ListSnapshotsRequest>;
export const ListSnapshotsRequest = message({
  snapshotter: text(1),
  filters: texts(2),
});

export type ListSnapshotsResponse = MessageOf<typeof ListSnapshotsResponse>;
export const ListSnapshotsResponse = message({
  info: many(1, Info),
});

export type UsageRequest = MessageOf<typeof UsageRequest>;
export const UsageRequest = message({
  snapshotter: text(1),
  key: text(2),
});

export type UsageResponse = MessageOf<typeof UsageResponse>;
export const UsageResponse = message({
  size: int64(1),
  inodes: int64(2),
});

export type CleanupRequest = MessageOf<typeof CleanupRequest>;
export const CleanupRequest = message({
  snapshotter: text(1),
});

export type SnapshotsDefinition = typeof SnapshotsDefinition;
export const SnapshotsDefinition = {
  fullName: "containerd.services.snapshots.v1.Snapshots",
  methods: {
    prepare: unary("Prepare", PrepareSnapshotRequest, PrepareSnapshotResponse),
    view: unary("View", ViewSnapshotRequest, ViewSnapshotResponse),
    mounts: unary("Mounts", MountsRequest, MountsResponse),
    commit: unary("Commit", CommitSnapshotRequest, Empty),
    remove: unary("Remove", RemoveSnapshotRequest, Empty),
    stat: unary("Stat", StatSnapshotRequest, StatSnapshotResponse),
    update: unary("Update", UpdateSnapshotRequest, UpdateSnapshotResponse),
    list: serverStream("List", ListSnapshotsRequest, ListSnapshotsResponse),
    usage: unary("Usage", UsageRequest, UsageResponse),
    cleanup: unary("Cleanup", CleanupRequest, Empty),
  },
} as const;
