/** What a shim tells of its tasks: the messages by name, each with the topic it is published under. */
import * as messages from "../proto/containerd/events/task.ts";

export const EVENTS = {
  TaskCreate: { topic: "/tasks/create", codec: messages.TaskCreate },
  TaskStart: { topic: "/tasks/start", codec: messages.TaskStart },
  TaskDelete: { topic: "/tasks/delete", codec: messages.TaskDelete },
  TaskExit: { topic: "/tasks/exit", codec: messages.TaskExit },
  TaskOOM: { topic: "/tasks/oom", codec: messages.TaskOOM },
  TaskExecAdded: { topic: "/tasks/exec-added", codec: messages.TaskExecAdded },
  TaskExecStarted: { topic: "/tasks/exec-started", codec: messages.TaskExecStarted },
  TaskPaused: { topic: "/tasks/paused", codec: messages.TaskPaused },
  TaskResumed: { topic: "/tasks/resumed", codec: messages.TaskResumed },
  TaskCheckpointed: { topic: "/tasks/checkpointed", codec: messages.TaskCheckpointed },
} as const;
