import { invalidArgument } from "../../errors/errors.ts";
import { matchesLabels } from "../api/labels.ts";
import type { EngineEvent } from "./bus.ts";

export const EVENT_FILTERS = [
  "config",
  "container",
  "daemon",
  "event",
  "image",
  "label",
  "network",
  "node",
  "plugin",
  "scope",
  "secret",
  "service",
  "type",
  "volume",
] as const;

/** True if an event passes the filters of GET /events. */
export function passes(filters: Map<string, string[]>, event: EngineEvent): boolean {
  const attributes = event.Actor?.Attributes ?? {};
  return [...filters].every(([name, wanted]) => {
    switch (name) {
      case "type":
        return wanted.includes(event.Type!);
      case "event":
        return wanted.some((action) => event.Action === action || event.Action!.startsWith(`${action}:`));
      case "scope":
        return wanted.includes(event.scope!);
      case "label":
        return matchesLabels(wanted, attributes);
      case "image":
        return (
          (event.Type === "image" || event.Type === "container") &&
          wanted.some((image) => namesImage(image, event))
        );
      default:
        return event.Type === name && wanted.some((id) => namesActor(id, event));
    }
  });
}

function namesActor(wanted: string, event: EngineEvent): boolean {
  return (
    event.Actor?.ID === wanted ||
    event.Actor?.Attributes?.["name"] === wanted ||
    (event.Actor?.ID?.startsWith(wanted) ?? false)
  );
}

function namesImage(wanted: string, event: EngineEvent): boolean {
  const attributes = event.Actor?.Attributes ?? {};
  const names = event.Type === "image" ? [event.Actor?.ID, attributes["name"]] : [attributes["image"]];
  return names.some((name) => name !== undefined && (name === wanted || name.split(":")[0] === wanted));
}

/** Nanoseconds since 1970 from a query: "1700000000", "1700000000.000000001". Errors: invalidArgument. */
export function eventTime(name: string, text: string | null): bigint | undefined {
  if (text === null || text === "") return undefined;
  const match = /^(\d+)(?:\.(\d{1,9}))?$/.exec(text);
  if (!match)
    throw invalidArgument(`invalid value for ${name}: ${JSON.stringify(text)}: want seconds since 1970`);
  return BigInt(match[1]!) * 1_000_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}
