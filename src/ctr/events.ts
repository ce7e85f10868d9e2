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

/** An event as one line of JSON as stock ctr writes it: names as in the protocol, without what is empty. */
export function decodeEvent(event: Any): string {
  const codec = codecOf(event.typeUrl);
  if (!codec) return `${event.typeUrl} (${event.value.length} bytes)`;
  return JSON.stringify(shown(codec.decode(event.value)) ?? {});
}

/** A value as JSON has it; undefined for what is empty. */
function shown(value: unknown): unknown {
  if (value instanceof Uint8Array)
    return value.length === 0 ? undefined : Buffer.from(value).toString("base64");
  if (typeof value === "bigint") return value === 0n ? undefined : Number(value);
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(shown);
  if (typeof value !== "object" || value === null) return value || undefined;
  if (isTime(value)) return trimTime(formatTime(value));
  const fields = Object.entries(value).map(([name, inner]) => [
    protocolName(name),
    // Their names are whoever's who gave them.
    name === "labels" ? inner : shown(inner),
  ]);
  const there = fields.filter(([, inner]) => inner !== undefined && !isEmptyObject(inner));
  return Object.fromEntries(there) as unknown;
}

const isEmptyObject = (value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

/** "containerId" → "container_id". */
const protocolName = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function isTime(value: object): value is { seconds: bigint; nanos: number } {
  return typeof (value as { seconds?: unknown }).seconds === "bigint";
}

/** Without zeros at the end of the fraction, as Go has it. */
const trimTime = (text: string) => text.replace(/\.?0+Z$/, "Z");

/** "2026-11-24 23:43:44.649385254 +0000 UTC", as Go shows times to people. */
export function formatEventTime(time: { seconds: bigint; nanos: number } | undefined): string {
  return trimTime(formatTime(time)).replace("T", " ").replace("Z", " +0000 UTC");
}
