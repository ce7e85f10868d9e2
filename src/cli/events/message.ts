import type { EventMessage } from "../../api/schema.ts";
import type { FieldLookup } from "../template/execute.ts";
import { typedField } from "../template/execute.ts";
import { type GoJson, jsonOf } from "../template/print.ts";

type Wire = EventMessage & { status?: string; id?: string; from?: string };

/** Nanoseconds do not fit into a number, so they are taken from the text. */
const TIME_NANO = /"timeNano":\s*(\d+)/;
const NANOSECONDS = 1_000_000_000n;

/** An event as the engine sent it. */
export class Event implements GoJson {
  readonly wire: Wire;
  /** Unix time in nanoseconds, exact; 0 when the engine sent none. */
  readonly timeNano: bigint;

  constructor(line: string) {
    this.wire = JSON.parse(line) as Wire;
    this.timeNano = BigInt(TIME_NANO.exec(line)?.[1] ?? 0);
  }

  get attributes(): [name: string, value: string][] {
    return Object.entries(this.wire.Actor?.Attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  toGoJson(): string {
    const { status, id, from, Type, Action, Actor, scope, time } = this.wire;
    const body = {
      ...(status ? { status } : {}),
      ...(id ? { id } : {}),
      ...(from ? { from } : {}),
      Type: Type ?? "",
      Action: Action ?? "",
      Actor: {
        ID: Actor?.ID ?? "",
        Attributes: Actor?.Attributes ? Object.fromEntries(this.attributes) : null,
      },
      ...(scope ? { scope } : {}),
      ...(time ? { time } : {}),
    };
    const text = jsonOf(body);
    return this.timeNano === 0n ? text : `${text.slice(0, -1)},"timeNano":${this.timeNano}}`;
  }

  /** The line `docker events` prints: time, what happened to whom, and its attributes. */
  toString(): string {
    const { Type = "", Action = "", Actor } = this.wire;
    const attributes = this.attributes.map(([name, value]) => `${name}=${value}`);
    const details = attributes.length === 0 ? "" : ` (${attributes.join(", ")})`;
    return `${this.#time()}${Type} ${Action} ${Actor?.ID ?? ""}${details}`;
  }

  #time(): string {
    const nano = this.timeNano || BigInt(this.wire.time ?? 0) * NANOSECONDS;
    return nano === 0n ? "" : `${localTime(nano)} `;
  }
}

/** RFC 3339 in our time zone with nine digits of the second. */
function localTime(unixNano: bigint): string {
  const date = new Date(Number(unixNano / 1_000_000n));
  const east = -date.getTimezoneOffset();
  const shifted = new Date(date.getTime() + east * 60_000).toISOString().slice(0, 19);
  const fraction = String(unixNano % NANOSECONDS).padStart(9, "0");
  return `${shifted}.${fraction}${zone(east)}`;
}

function zone(east: number): string {
  if (east === 0) return "Z";
  const two = (n: number) => String(Math.trunc(n)).padStart(2, "0");
  const minutes = Math.abs(east);
  return `${east < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

const FIELDS: Record<string, (event: Event) => unknown> = {
  Status: ({ wire }) => wire.status ?? "",
  ID: ({ wire }) => wire.id ?? "",
  From: ({ wire }) => wire.from ?? "",
  Type: ({ wire }) => wire.Type ?? "",
  Action: ({ wire }) => wire.Action ?? "",
  Actor: ({ wire }) => ({ ID: wire.Actor?.ID ?? "", Attributes: new Attributes(wire.Actor?.Attributes) }),
  Scope: ({ wire }) => wire.scope ?? "",
  Time: ({ wire }) => wire.time ?? 0,
  TimeNano: ({ timeNano }) => timeNano,
};

/** Names that an event may have or not. */
class Attributes {
  [name: string]: string;

  constructor(values: Record<string, string> | undefined) {
    const sorted = Object.entries(values ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    Object.assign(this, Object.fromEntries(sorted));
  }
}

/** Finds the fields that templates for events name. */
export const eventField: FieldLookup = (value, name) => {
  if (value instanceof Attributes) return Object.hasOwn(value, name) ? value[name] : undefined;
  if (!(value instanceof Event)) return typedField(value, name);
  const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
  if (!field) throw new Error(`can't evaluate field ${name} in type *events.Message`);
  return field(value);
};
