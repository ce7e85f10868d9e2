/** containerd.events: what a shim tells about its tasks, and the envelope it comes in. */
import { flag, many, one, text, uint } from "../../protobuf/kinds.ts";
import { message } from "../../protobuf/message.ts";
import { Any, Mount, Timestamp } from "./common.ts";

const TaskIO = message({ stdin: text(1), stdout: text(2), stderr: text(3), terminal: flag(4) });

const TaskCreate = message({
  containerId: text(1),
  bundle: text(2),
  rootfs: many(3, Mount),
  io: one(4, TaskIO),
  checkpoint: text(5),
  pid: uint(6),
});
const TaskStart = message({ containerId: text(1), pid: uint(2) });
const TaskDelete = message({
  containerId: text(1),
  pid: uint(2),
  exitStatus: uint(3),
  exitedAt: one(4, Timestamp),
  id: text(5),
});
const TaskExit = message({
  containerId: text(1),
  id: text(2),
  pid: uint(3),
  exitStatus: uint(4),
  exitedAt: one(5, Timestamp),
});
const TaskOOM = message({ containerId: text(1) });
const TaskExecAdded = message({ containerId: text(1), execId: text(2) });
const TaskExecStarted = message({ containerId: text(1), execId: text(2), pid: uint(3) });
const TaskPaused = message({ containerId: text(1) });
const TaskResumed = message({ containerId: text(1) });
const TaskCheckpointed = message({ containerId: text(1), checkpoint: text(2) });

/** The events by message name, each with the topic it is published under. */
export const EVENTS = {
  TaskCreate: { topic: "/tasks/create", codec: TaskCreate },
  TaskStart: { topic: "/tasks/start", codec: TaskStart },
  TaskDelete: { topic: "/tasks/delete", codec: TaskDelete },
  TaskExit: { topic: "/tasks/exit", codec: TaskExit },
  TaskOOM: { topic: "/tasks/oom", codec: TaskOOM },
  TaskExecAdded: { topic: "/tasks/exec-added", codec: TaskExecAdded },
  TaskExecStarted: { topic: "/tasks/exec-started", codec: TaskExecStarted },
  TaskPaused: { topic: "/tasks/paused", codec: TaskPaused },
  TaskResumed: { topic: "/tasks/resumed", codec: TaskResumed },
  TaskCheckpointed: { topic: "/tasks/checkpointed", codec: TaskCheckpointed },
} as const;

const Envelope = message({
  timestamp: one(1, Timestamp),
  namespace: text(2),
  topic: text(3),
  event: one(4, Any),
});

/** containerd.services.events.ttrpc.v1.ForwardRequest. */
export const ForwardRequest = message({ envelope: one(1, Envelope) });
