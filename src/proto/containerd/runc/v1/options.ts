// Generated from proto/containerd/runc/v1/options.proto by make proto: change that, not this.
import { flag, text, texts, uint } from "../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../protobuf/message.ts";

/** Runtime options of the runc shims; 8 is criu_path, which only the 1.x shims read. */
export type Options = MessageOf<typeof Options>;
export const Options = message({
  noPivotRoot: flag(1),
  noNewKeyring: flag(2),
  shimCgroup: text(3),
  ioUid: uint(4),
  ioGid: uint(5),
  binaryName: text(6),
  root: text(7),
  criuPath: text(8),
  systemdCgroup: flag(9),
  criuImagePath: text(10),
  criuWorkPath: text(11),
});

export type CheckpointOptions = MessageOf<typeof CheckpointOptions>;
export const CheckpointOptions = message({
  exit: flag(1),
  openTcp: flag(2),
  externalUnixSockets: flag(3),
  terminal: flag(4),
  fileLocks: flag(5),
  emptyNamespaces: texts(6),
  cgroupsMode: text(7),
  imagePath: text(8),
  workPath: text(9),
});

export type ProcessDetails = MessageOf<typeof ProcessDetails>;
export const ProcessDetails = message({
  execId: text(1),
});
