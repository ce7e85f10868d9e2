// Generated from proto/containerd/v1/types/task.proto by make proto: change that, not this.
import { Any } from "../../../google/protobuf/any.ts";
import { Timestamp } from "../../../google/protobuf/timestamp.ts";
import { choice, flag, one, text, uint } from "../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../protobuf/message.ts";

export enum Status {
  UNKNOWN = 0,
  CREATED = 1,
  RUNNING = 2,
  STOPPED = 3,
  PAUSED = 4,
  PAUSING = 5,
}

export type Process = MessageOf<typeof Process>;
export const Process = message({
  containerId: text(1),
  id: text(2),
  pid: uint(3),
  status: choice<Status>(4),
  stdin: text(5),
  stdout: text(6),
  stderr: text(7),
  terminal: flag(8),
  exitStatus: uint(9),
  exitedAt: one(10, Timestamp),
});

export type ProcessInfo = MessageOf<typeof ProcessInfo>;
export const ProcessInfo = message({
  pid: uint(1),
  info: one(2, Any),
});
