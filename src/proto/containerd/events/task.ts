// Generated from proto/containerd/events/task.proto by make proto: change that, not this.
import { Mount } from "../types/mount.ts";
import { Timestamp } from "../../google/protobuf/timestamp.ts";
import { flag, many, one, text, uint } from "../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../protobuf/message.ts";

export type TaskIO = MessageOf<typeof TaskIO>;
export const TaskIO = message({
  stdin: text(1),
  stdout: text(2),
  stderr: text(3),
  terminal: flag(4),
});

export type TaskCreate = MessageOf<typeof TaskCreate>;
export const TaskCreate = message({
  containerId: text(1),
  bundle: text(2),
  rootfs: many(3, Mount),
  io: one(4, TaskIO),
  checkpoint: text(5),
  pid: uint(6),
});

export type TaskStart = MessageOf<typeof TaskStart>;
export const TaskStart = message({
  containerId: text(1),
  pid: uint(2),
});

export type TaskDelete = MessageOf<typeof TaskDelete>;
export const TaskDelete = message({
  containerId: text(1),
  pid: uint(2),
  exitStatus: uint(3),
  exitedAt: one(4, Timestamp),
  id: text(5),
});

export type TaskExit = MessageOf<typeof TaskExit>;
export const TaskExit = message({
  containerId: text(1),
  id: text(2),
  pid: uint(3),
  exitStatus: uint(4),
  exitedAt: one(5, Timestamp),
});

export type TaskOOM = MessageOf<typeof TaskOOM>;
export const TaskOOM = message({
  containerId: text(1),
});

export type TaskExecAdded = MessageOf<typeof TaskExecAdded>;
export const TaskExecAdded = message({
  containerId: text(1),
  execId: text(2),
});

export type TaskExecStarted = MessageOf<typeof TaskExecStarted>;
export const TaskExecStarted = message({
  containerId: text(1),
  execId: text(2),
  pid: uint(3),
});

export type TaskPaused = MessageOf<typeof TaskPaused>;
export const TaskPaused = message({
  containerId: text(1),
});

export type TaskResumed = MessageOf<typeof TaskResumed>;
export const TaskResumed = message({
  containerId: text(1),
});

export type TaskCheckpointed = MessageOf<typeof TaskCheckpointed>;
export const TaskCheckpointed = message({
  containerId: text(1),
  checkpoint: text(2),
});
