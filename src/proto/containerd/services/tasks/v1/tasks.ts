// Generated from proto/containerd/services/tasks/v1/tasks.proto by make proto: change that, not this.
import { Any } from "../../../../google/protobuf/any.ts";
import { Descriptor } from "../../../types/descriptor.ts";
import { Empty } from "../../../../google/protobuf/empty.ts";
import { Metric } from "../../../types/metrics.ts";
import { Mount } from "../../../types/mount.ts";
import { Process, ProcessInfo } from "../../../v1/types/task.ts";
import { Timestamp } from "../../../../google/protobuf/timestamp.ts";
import { flag, many, map, one, text, texts, uint } from "../../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";
import { unary } from "../../../../../protobuf/service.ts";

export type CreateTaskRequest = MessageOf<typeof CreateTaskRequest>;
export const CreateTaskRequest = message({
  containerId: text(1),
  rootfs: many(3, Mount),
  stdin: text(4),
  stdout: text(5),
  stderr: text(6),
  terminal: flag(7),
  checkpoint: one(8, Descriptor),
  options: one(9, Any),
  runtimePath: text(10),
});

export type CreateTaskResponse = MessageOf<typeof CreateTaskResponse>;
export const CreateTaskResponse = message({
  containerId: text(1),
  pid: uint(2),
});

export type StartRequest = MessageOf<typeof StartRequest>;
export const StartRequest = message({
  containerId: text(1),
  execId: text(2),
});

export type StartResponse = MessageOf<typeof StartResponse>;
export const StartResponse = message({
  pid: uint(1),
});

export type DeleteTaskRequest = MessageOf<typeof DeleteTaskRequest>;
export const DeleteTaskRequest = message({
  containerId: text(1),
});

export type DeleteResponse = MessageOf<typeof DeleteResponse>;
export const DeleteResponse = message({
  id: text(1),
  pid: uint(2),
  exitStatus: uint(3),
  exitedAt: one(4, Timestamp),
});

export type DeleteProcessRequest = MessageOf<typeof DeleteProcessRequest>;
export const DeleteProcessRequest = message({
  containerId: text(1),
  execId: text(2),
});

export type GetRequest = MessageOf<typeof GetRequest>;
export const GetRequest = message({
  containerId: text(1),
  execId: text(2),
});

export type GetResponse = MessageOf<typeof GetResponse>;
export const GetResponse = message({
  process: one(1, Process),
});

export type ListTasksRequest = MessageOf<typeof ListTasksRequest>;
export const ListTasksRequest = message({
  filter: text(1),
});

export type ListTasksResponse = MessageOf<typeof ListTasksResponse>;
export const ListTasksResponse = message({
  tasks: many(1, Process),
});

export type KillRequest = MessageOf<typeof KillRequest>;
export const KillRequest = message({
  containerId: text(1),
  execId: text(2),
  signal: uint(3),
  all: flag(4),
});

export type ExecProcessRequest = MessageOf<typeof ExecProcessRequest>;
export const ExecProcessRequest = message({
  containerId: text(1),
  stdin: text(2),
  stdout: text(3),
  stderr: text(4),
  terminal: flag(5),
  spec: one(6, Any),
  execId: text(7),
});

export type ResizePtyRequest = MessageOf<typeof ResizePtyRequest>;
export const ResizePtyRequest = message({
  containerId: text(1),
  execId: text(2),
  width: uint(3),
  height: uint(4),
});

export type CloseIORequest = MessageOf<typeof CloseIORequest>;
export const CloseIORequest = message({
  containerId: text(1),
  execId: text(2),
  stdin: flag(3),
});

export type PauseTaskRequest = MessageOf<typeof PauseTaskRequest>;
export const PauseTaskRequest = message({
  containerId: text(1),
});

export type ResumeTaskRequest = MessageOf<typeof ResumeTaskRequest>;
export const ResumeTaskRequest = message({
  containerId: text(1),
});

export type ListPidsRequest = MessageOf<typeof ListPidsRequest>;
export const ListPidsRequest = message({
  containerId: text(1),
});

export type ListPidsResponse = MessageOf<typeof ListPidsResponse>;
export const ListPidsResponse = message({
  processes: many(1, ProcessInfo),
});

export type CheckpointTaskRequest = MessageOf<typeof CheckpointTaskRequest>;
export const CheckpointTaskRequest = message({
  containerId: text(1),
  parentCheckpoint: text(2),
  options: one(3, Any),
});

export type CheckpointTaskResponse = MessageOf<typeof CheckpointTaskResponse>;
export const CheckpointTaskResponse = message({
  descriptors: many(1, Descriptor),
});

export type UpdateTaskRequest = MessageOf<typeof UpdateTaskRequest>;
export const UpdateTaskRequest = message({
  containerId: text(1),
  resources: one(2, Any),
  annotations: map(3, text),
});

export type MetricsRequest = MessageOf<typeof MetricsRequest>;
export const MetricsRequest = message({
  filters: texts(1),
});

export type MetricsResponse = MessageOf<typeof MetricsResponse>;
export const MetricsResponse = message({
  metrics: many(1, Metric),
});

export type WaitRequest = MessageOf<typeof WaitRequest>;
export const WaitRequest = message({
  containerId: text(1),
  execId: text(2),
});

export type WaitResponse = MessageOf<typeof WaitResponse>;
export const WaitResponse = message({
  exitStatus: uint(1),
  exitedAt: one(2, Timestamp),
});

/** An empty exec_id means the task's init process. */
export type TasksDefinition = typeof TasksDefinition;
export const TasksDefinition = {
  fullName: "containerd.services.tasks.v1.Tasks",
  methods: {
    create: unary("Create", CreateTaskRequest, CreateTaskResponse),
    start: unary("Start", StartRequest, StartResponse),
    delete: unary("Delete", DeleteTaskRequest, DeleteResponse),
    deleteProcess: unary("DeleteProcess", DeleteProcessRequest, DeleteResponse),
    get: unary("Get", GetRequest, GetResponse),
    list: unary("List", ListTasksRequest, ListTasksResponse),
    kill: unary("Kill", KillRequest, Empty),
    exec: unary("Exec", ExecProcessRequest, Empty),
    resizePty: unary("ResizePty", ResizePtyRequest, Empty),
    closeIO: unary("CloseIO", CloseIORequest, Empty),
    pause: unary("Pause", PauseTaskRequest, Empty),
    resume: unary("Resume", ResumeTaskRequest, Empty),
    listPids: unary("ListPids", ListPidsRequest, ListPidsResponse),
    checkpoint: unary("Checkpoint", CheckpointTaskRequest, CheckpointTaskResponse),
    update: unary("Update", UpdateTaskRequest, Empty),
    metrics: unary("Metrics", MetricsRequest, MetricsResponse),
    wait: unary("Wait", WaitRequest, WaitResponse),
  },
} as const;
