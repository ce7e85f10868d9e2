// Generated from proto/containerd/task/v2/shim.proto by make proto: change that, not this.
import { Any } from "../../../google/protobuf/any.ts";
import { Empty } from "../../../google/protobuf/empty.ts";
import { Mount } from "../../types/mount.ts";
import { ProcessInfo, Status } from "../../v1/types/task.ts";
import { Timestamp } from "../../../google/protobuf/timestamp.ts";
import { choice, flag, many, map, one, text, uint } from "../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../protobuf/message.ts";
import { unary } from "../../../../protobuf/service.ts";

export type CreateTaskRequest = MessageOf<typeof CreateTaskRequest>;
export const CreateTaskRequest = message({
  id: text(1),
  bundle: text(2),
  rootfs: many(3, Mount),
  terminal: flag(4),
  stdin: text(5),
  stdout: text(6),
  stderr: text(7),
  checkpoint: text(8),
  parentCheckpoint: text(9),
  options: one(10, Any),
});

export type CreateTaskResponse = MessageOf<typeof CreateTaskResponse>;
export const CreateTaskResponse = message({
  pid: uint(1),
});

export type DeleteRequest = MessageOf<typeof DeleteRequest>;
export const DeleteRequest = message({
  id: text(1),
  execId: text(2),
});

export type DeleteResponse = MessageOf<typeof DeleteResponse>;
export const DeleteResponse = message({
  pid: uint(1),
  exitStatus: uint(2),
  exitedAt: one(3, Timestamp),
});

export type ExecProcessRequest = MessageOf<typeof ExecProcessRequest>;
export const ExecProcessRequest = message({
  id: text(1),
  execId: text(2),
  terminal: flag(3),
  stdin: text(4),
  stdout: text(5),
  stderr: text(6),
  spec: one(7, Any),
});

export type ResizePtyRequest = MessageOf<typeof ResizePtyRequest>;
export const ResizePtyRequest = message({
  id: text(1),
  execId: text(2),
  width: uint(3),
  height: uint(4),
});

export type StateRequest = MessageOf<typeof StateRequest>;
export const StateRequest = message({
  id: text(1),
  execId: text(2),
});

export type StateResponse = MessageOf<typeof StateResponse>;
export const StateResponse = message({
  id: text(1),
  bundle: text(2),
  pid: uint(3),
  status: choice<Status>(4),
  stdin: text(5),
  stdout: text(6),
  stderr: text(7),
  terminal: flag(8),
  exitStatus: uint(9),
  exitedAt: one(10, Timestamp),
  execId: text(11),
});

export type KillRequest = MessageOf<typeof KillRequest>;
export const KillRequest = message({
  id: text(1),
  execId: text(2),
  signal: uint(3),
  all: flag(4),
});

export type CloseIORequest = MessageOf<typeof CloseIORequest>;
export const CloseIORequest = message({
  id: text(1),
  execId: text(2),
  stdin: flag(3),
});

export type PidsRequest = MessageOf<typeof PidsRequest>;
export const PidsRequest = message({
  id: text(1),
});

export type PidsResponse = MessageOf<typeof PidsResponse>;
export const PidsResponse = message({
  processes: many(1, ProcessInfo),
});

export type CheckpointTaskRequest = MessageOf<typeof CheckpointTaskRequest>;
export const CheckpointTaskRequest = message({
  id: text(1),
  path: text(2),
  options: one(3, Any),
});

export type UpdateTaskRequest = MessageOf<typeof UpdateTaskRequest>;
export const UpdateTaskRequest = message({
  id: text(1),
  resources: one(2, Any),
  annotations: map(3, text),
});

export type StartRequest = MessageOf<typeof StartRequest>;
export const StartRequest = message({
  id: text(1),
  execId: text(2),
});

export type StartResponse = MessageOf<typeof StartResponse>;
export const StartResponse = message({
  pid: uint(1),
});

export type WaitRequest = MessageOf<typeof WaitRequest>;
export const WaitRequest = message({
  id: text(1),
  execId: text(2),
});

export type WaitResponse = MessageOf<typeof WaitResponse>;
export const WaitResponse = message({
  exitStatus: uint(1),
  exitedAt: one(2, Timestamp),
});

export type StatsRequest = MessageOf<typeof StatsRequest>;
export const StatsRequest = message({
  id: text(1),
});

export type StatsResponse = MessageOf<typeof StatsResponse>;
export const StatsResponse = message({
  stats: one(1, Any),
});

export type ConnectRequest = MessageOf<typeof ConnectRequest>;
export const ConnectRequest = message({
  id: text(1),
});

export type ConnectResponse = MessageOf<typeof ConnectResponse>;
export const ConnectResponse = message({
  shimPid: uint(1),
  taskPid: uint(2),
  version: text(3),
});

export type ShutdownRequest = MessageOf<typeof ShutdownRequest>;
export const ShutdownRequest = message({
  id: text(1),
  now: flag(2),
});

export type PauseRequest = MessageOf<typeof PauseRequest>;
export const PauseRequest = message({
  id: text(1),
});

export type ResumeRequest = MessageOf<typeof ResumeRequest>;
export const ResumeRequest = message({
  id: text(1),
});

/** What a shim answers, over ttrpc. `id` is the container's; an empty exec_id means its init process. */
export type TaskDefinition = typeof TaskDefinition;
export const TaskDefinition = {
  fullName: "containerd.task.v2.Task",
  methods: {
    state: unary("State", StateRequest, StateResponse),
    create: unary("Create", CreateTaskRequest, CreateTaskResponse),
    start: unary("Start", StartRequest, StartResponse),
    delete: unary("Delete", DeleteRequest, DeleteResponse),
    pids: unary("Pids", PidsRequest, PidsResponse),
    pause: unary("Pause", PauseRequest, Empty),
    resume: unary("Resume", ResumeRequest, Empty),
    checkpoint: unary("Checkpoint", CheckpointTaskRequest, Empty),
    kill: unary("Kill", KillRequest, Empty),
    exec: unary("Exec", ExecProcessRequest, Empty),
    resizePty: unary("ResizePty", ResizePtyRequest, Empty),
    closeIO: unary("CloseIO", CloseIORequest, Empty),
    update: unary("Update", UpdateTaskRequest, Empty),
    wait: unary("Wait", WaitRequest, WaitResponse),
    stats: unary("Stats", StatsRequest, StatsResponse),
    connect: unary("Connect", ConnectRequest, ConnectResponse),
    shutdown: unary("Shutdown", ShutdownRequest, Empty),
  },
} as const;
