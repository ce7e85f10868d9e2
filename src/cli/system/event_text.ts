import { rfc3339Local } from "../format/go_time.ts";
import { GoStruct } from "../template/struct.ts";

/** Something that happened, as the engine tells it. */
export interface EngineEvent {
  status?: string;
  id?: string;
  from?: string;
  Type?: string;
  Action?: string;
  Actor?: { ID?: string; Attributes?: Record<string, string> | null };
  scope?: string;
  /** Unix seconds. */
  time?: number;
  /** Unix nanoseconds, more digits than a number holds. */
  timeNano?: bigint;
}

/** Reads a line of the event stream. */
export function parseEvent(line: string): EngineEvent {
  const event = JSON.parse(line) as EngineEvent;
  const exact = /"timeNano":\s*(\d+)/.exec(line)?.[1];
  return { ...event, timeNano: BigInt(exact ?? 0) };
}

const sorted = (attributes: Record<string, string> | null | undefined) =>
  Object.entries(attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

/** An event as a line: moment, type, action, object, attributes. */
export function eventLine(event: EngineEvent): string {
  const attributes = sorted(event.Actor?.Attributes);
  const what = `${momentOf(event)}${event.Type ?? ""} ${event.Action ?? ""} ${event.Actor?.ID ?? ""}`;
  if (attributes.length === 0) return what;
  return `${what} (${attributes.map(([name, value]) => `${name}=${value}`).join(", ")})`;
}

const NANOSECONDS = 1_000_000_000n;

function momentOf({ time = 0, timeNano = 0n }: EngineEvent): string {
  if (timeNano === 0n && time === 0) return "";
  const seconds = timeNano === 0n ? time : Number(timeNano / NANOSECONDS);
  const fraction = String(timeNano % NANOSECONDS).padStart(9, "0");
  return `${rfc3339Local(seconds).replace(/^(.{19})/, `$1.${fraction}`)} `;
}

/** An event as templates and JSON see it. */
export function eventStruct(event: EngineEvent): GoStruct {
  return new GoStruct("*events.Message", {
    Status: { value: event.status ?? "", json: "status", omitEmpty: true },
    ID: { value: event.id ?? "", json: "id", omitEmpty: true },
    From: { value: event.from ?? "", json: "from", omitEmpty: true },
    Type: { value: event.Type ?? "" },
    Action: { value: event.Action ?? "" },
    Actor: {
      value: new GoStruct("events.Actor", {
        ID: { value: event.Actor?.ID ?? "" },
        Attributes: { value: Object.fromEntries(sorted(event.Actor?.Attributes)) },
      }),
    },
    Scope: { value: event.scope ?? "", json: "scope", omitEmpty: true },
    Time: { value: event.time ?? 0, json: "time", omitEmpty: true },
    TimeNano: { value: event.timeNano ?? 0n, json: "timeNano", omitEmpty: true },
  });
}
