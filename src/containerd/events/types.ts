import {
  ContainerCreate,
  ContainerDelete,
  ContainerUpdate,
} from "../../proto/containerd/events/container.ts";
import { ContentDelete } from "../../proto/containerd/events/content.ts";
import { ImageCreate, ImageDelete, ImageUpdate } from "../../proto/containerd/events/image.ts";
import {
  NamespaceCreate,
  NamespaceDelete,
  NamespaceUpdate,
} from "../../proto/containerd/events/namespace.ts";
import { SnapshotCommit, SnapshotPrepare, SnapshotRemove } from "../../proto/containerd/events/snapshot.ts";
import {
  TaskCheckpointed,
  TaskCreate,
  TaskDelete,
  TaskExecAdded,
  TaskExecStarted,
  TaskExit,
  TaskOOM,
  TaskPaused,
  TaskResumed,
  TaskStart,
} from "../../proto/containerd/events/task.ts";
import type { Any } from "../../proto/google/protobuf/any.ts";
import type { AnyCodec } from "../../protobuf/service.ts";

/** Every event by its topic: the full name of its message, and its codec. */
export const EVENTS = {
  "/containers/create": { type: "containerd.events.ContainerCreate", codec: ContainerCreate },
  "/containers/update": { type: "containerd.events.ContainerUpdate", codec: ContainerUpdate },
  "/containers/delete": { type: "containerd.events.ContainerDelete", codec: ContainerDelete },
  "/content/delete": { type: "containerd.events.ContentDelete", codec: ContentDelete },
  "/images/create": { type: "containerd.services.images.v1.ImageCreate", codec: ImageCreate },
  "/images/update": { type: "containerd.services.images.v1.ImageUpdate", codec: ImageUpdate },
  "/images/delete": { type: "containerd.services.images.v1.ImageDelete", codec: ImageDelete },
  "/namespaces/create": { type: "containerd.events.NamespaceCreate", codec: NamespaceCreate },
  "/namespaces/update": { type: "containerd.events.NamespaceUpdate", codec: NamespaceUpdate },
  "/namespaces/delete": { type: "containerd.events.NamespaceDelete", codec: NamespaceDelete },
  "/snapshot/prepare": { type: "containerd.events.SnapshotPrepare", codec: SnapshotPrepare },
  "/snapshot/commit": { type: "containerd.events.SnapshotCommit", codec: SnapshotCommit },
  "/snapshot/remove": { type: "containerd.events.SnapshotRemove", codec: SnapshotRemove },
  "/tasks/create": { type: "containerd.events.TaskCreate", codec: TaskCreate },
  "/tasks/start": { type: "containerd.events.TaskStart", codec: TaskStart },
  "/tasks/delete": { type: "containerd.events.TaskDelete", codec: TaskDelete },
  "/tasks/exit": { type: "containerd.events.TaskExit", codec: TaskExit },
  "/tasks/oom": { type: "containerd.events.TaskOOM", codec: TaskOOM },
  "/tasks/exec-added": { type: "containerd.events.TaskExecAdded", codec: TaskExecAdded },
  "/tasks/exec-started": { type: "containerd.events.TaskExecStarted", codec: TaskExecStarted },
  "/tasks/paused": { type: "containerd.events.TaskPaused", codec: TaskPaused },
  "/tasks/resumed": { type: "containerd.events.TaskResumed", codec: TaskResumed },
  "/tasks/checkpointed": { type: "containerd.events.TaskCheckpointed", codec: TaskCheckpointed },
} as const;

export type Topic = keyof typeof EVENTS;
export type EventOf<T extends Topic> = Parameters<(typeof EVENTS)[T]["codec"]["encode"]>[0];

/** Encodes an event. */
export function encodeEvent<T extends Topic>(topic: T, event: EventOf<T>): Any {
  const { type, codec }: { type: string; codec: AnyCodec } = EVENTS[topic];
  return { typeUrl: type, value: codec.encode(event) };
}

const BY_TYPE = new Map<string, AnyCodec>(Object.values(EVENTS).map(({ type, codec }) => [type, codec]));

/** Decodes an event; undefined when its type is unknown here or it is not well-formed. */
export function decodeEvent(event: Any): object | undefined {
  const codec = BY_TYPE.get(event.typeUrl.slice(event.typeUrl.lastIndexOf("/") + 1));
  try {
    return codec?.decode(event.value);
  } catch {
    return undefined;
  }
}
