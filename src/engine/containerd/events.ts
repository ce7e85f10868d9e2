import type { ServiceClient } from "../../grpc/client.ts";
import { TaskExit, TaskOOM, TaskPaused, TaskResumed } from "../../proto/containerd/events/task.ts";
import type { EventsDefinition } from "../../proto/containerd/services/events/v1/events.ts";
import type { Envelope } from "../../proto/containerd/types/event.ts";
import { parseNanos, rfc3339 } from "../time.ts";
import type { TaskEvent } from "./client.ts";

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2000;

/** Task events of one containerd namespace; reconnects with growing delays until the signal is aborted. */
export async function* subscribe(
  events: ServiceClient<EventsDefinition>,
  namespace: string,
  signal: AbortSignal,
): AsyncIterable<TaskEvent> {
  let delay = FIRST_DELAY_MS;
  while (!signal.aborted) {
    try {
      const filters = [`namespace==${namespace},topic~=|^/tasks/|`];
      const envelopes = events.subscribe({ filters }, { signal });
      yield { kind: "connected" };
      for await (const envelope of envelopes) {
        delay = FIRST_DELAY_MS;
        const event = taskEventOf(envelope);
        if (event) yield event;
      }
    } catch {
      // containerd has gone or is not there yet; what was missed is found when it is back.
    }
    if (signal.aborted) return;
    yield { kind: "disconnected" };
    await pause(delay, signal);
    delay = Math.min(delay * 2, LONGEST_DELAY_MS);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
  });
}

function taskEventOf(envelope: Envelope): TaskEvent | undefined {
  const value = envelope.event?.value;
  if (value === undefined) return undefined;
  switch (envelope.topic) {
    case "/tasks/exit":
      return exitEvent(TaskExit.decode(value));
    case "/tasks/oom":
      return {
        kind: "oom",
        id: TaskOOM.decode(value).containerId,
        at: parseNanos(rfc3339(envelope.timestamp)),
      };
    case "/tasks/paused":
      return { kind: "paused", id: TaskPaused.decode(value).containerId };
    case "/tasks/resumed":
      return { kind: "resumed", id: TaskResumed.decode(value).containerId };
    default:
      return undefined;
  }
}

function exitEvent(event: TaskExit): TaskEvent {
  const execID = event.id === event.containerId ? "" : event.id;
  const exitedAt = rfc3339(event.exitedAt);
  return {
    kind: "exit",
    id: event.containerId,
    execID,
    pid: event.pid,
    exitCode: event.exitStatus,
    exitedAt,
  };
}
