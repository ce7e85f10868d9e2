// Generated from proto/containerd/events/snapshot.proto by make proto: change that, not this.
import { message, type MessageOf } from "../../../protobuf/message.ts";
import { text } from "../../../protobuf/kinds.ts";

export type SnapshotPrepare = MessageOf<typeof SnapshotPrepare>;
export const SnapshotPrepare = message({
  key: text(1),
  parent: text(2),
  snapshotter: text(5),
});

export type SnapshotCommit = MessageOf<typeof SnapshotCommit>;
export const SnapshotCommit = message({
  key: text(1),
  name: text(2),
  snapshotter: text(5),
});

export type SnapshotRemove = MessageOf<typeof SnapshotRemove>;
export const SnapshotRemove = message({
  key: text(1),
  snapshotter: text(5),
});
