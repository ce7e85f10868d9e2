import { type FieldLookup, mapField } from "./execute.ts";
import { escapedJsonOf, type GoJson, printNested } from "./print.ts";

/** A field of a struct. */
export interface Field {
  value: unknown;
  /** Its name in JSON, when that is another one; null keeps it out. */
  json?: string | null;
  /** Left out of JSON when it is empty. */
  omitEmpty?: true;
  /** A list that there is not: templates see an empty one, JSON has null. */
  nil?: true;
}

/** Data that templates and JSON see as Go's client has it: named fields in a fixed order. */
export class GoStruct implements GoJson {
  readonly type: string;
  readonly fields: ReadonlyMap<string, Field>;

  constructor(type: string, fields: Record<string, Field>) {
    this.type = type;
    this.fields = new Map(Object.entries(fields));
  }

  toGoJson(): string {
    const pairs: string[] = [];
    for (const [name, { value, json, omitEmpty, nil }] of this.fields) {
      if (json === null || (omitEmpty && isEmpty(value))) continue;
      pairs.push(`${JSON.stringify(json ?? name)}:${nil ? "null" : structJson(value)}`);
    }
    return `{${pairs.join(",")}}`;
  }

  toGoText(): string {
    return `{${[...this.fields.values()].map(({ value }) => printNested(value)).join(" ")}}`;
  }
}

/** JSON of a value in which structs may be anywhere. */
function structJson(value: unknown): string {
  if (value instanceof GoStruct) return value.toGoJson();
  if (Array.isArray(value)) return `[${value.map(structJson).join(",")}]`;
  if (typeof value === "bigint") return String(value);
  return escapedJsonOf(value);
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return (
    value === null || value === undefined || value === "" || value === 0 || value === 0n || value === false
  );
}

/** Fields of structs, and of JSON data within them. */
export const structField: FieldLookup = (value, name) => {
  if (!(value instanceof GoStruct)) return mapField(value, name);
  const field = value.fields.get(name);
  if (!field) throw new Error(`can't evaluate field ${name} in type ${value.type}`);
  return field.value;
};

/** Fields without anything special about them. */
export const plainFields = (values: Record<string, unknown>): Record<string, Field> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));

/** A list that may be missing. */
export const listField = (value: unknown): Field =>
  value === null || value === undefined ? { value: [], nil: true } : { value };
