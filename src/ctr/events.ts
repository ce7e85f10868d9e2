import * as containers from "../proto/containerd/events/container.ts";
import * as content from "../proto/containerd/events/content.ts";
import * as images from "../proto/containerd/events/image.ts";
import * as namespaces from "../proto/containerd/events/namespace.ts";
import * as snapshots from "../proto/containerd/events/snapshot.ts";
import * as tasks from "../proto/containerd/events/task.ts";
import type { Any } from "../proto/google/protobuf/any.ts";
import { formatTime } from "./output.ts";

type Codecs = Record<string, { decode(bytes: Uint8Array): object } | undefined>;

/** The last part of an event's type name is its message's name, the same in all of containerd's packages. */
function codecOf(typeUrl: string) {
  const name = typeUrl.slice(typeUrl.lastIndexOf(".") + 1);
  const all = [containers, content, images, namespaces, snapshots, tasks] as unknown as Codecs[];
  return all.map((codecs) => codecs[name]).find((codec) => codec !== undefined);
}

/** An event as one line of JSON, without what is empty. */
export function decodeEvent(event: Any): string {
  const codec = codecOf(event.typeUrl);
  if (!codec) return `${event.typeUrl} (${event.value.length} bytes)`;
  return JSON.stringify(codec.decode(event.value), (_, value: unknown) => {
    if (value instanceof Uint8Array) return `${value.length} bytes`;
    if (typeof value === "bigint") return Number(value);
    if (isTime(value)) return formatTime(value);
    return isEmpty(value) ? undefined : value;
  });
}

function isTime(value: unknown): value is { seconds: bigint; nanos: number } {
  return typeof (value as { seconds?: unknown } | null)?.seconds === "bigint";
}

const isEmpty = (value: unknown) =>
  value === "" || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
