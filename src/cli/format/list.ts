import { messageOf } from "../../errors/errors.ts";
import { compileTemplate, type FieldLookup, type FunctionTable, typedField } from "../template/execute.ts";
import { escapedJsonOf, type GoJson } from "../template/print.ts";
import { alignTabs } from "./table.ts";

/** What a column of a row gives: without arguments, or for the template's arguments, then it is left out of JSON. */
export type Columns = Record<string, (() => unknown) | ((argument: string) => unknown)>;

/** The description of a list that `--format` is applied to. */
export interface ListDescription {
  /** A template, "table TEMPLATE" or "json"; the list's own default has been filled in. */
  format: string;
  headers: Record<string, string>;
  rows: Columns[];
  /** The Go type that stock's errors name, such as "*formatter.ContainerContext". */
  type: string;
}

/**
 * The format that a choice names: "table" and "raw" are the list's own layouts, of which --quiet leaves the first field
 * of the raw one; anything else is a format already.
 */
export function layoutOf(chosen: string, quiet: boolean, layouts: { table: string; raw: string }): string {
  const first = layouts.raw.slice(0, layouts.raw.indexOf("\n"));
  if (chosen === "raw") return quiet ? first : layouts.raw;
  if (chosen === "table") return quiet ? first.slice(first.indexOf("{{")) : layouts.table;
  return chosen;
}

class Row implements GoJson {
  readonly columns: Columns;
  readonly type: string;

  constructor(columns: Columns, type: string) {
    this.columns = columns;
    this.type = type;
  }

  toGoJson(): string {
    const values = Object.keys(this.columns)
      .filter((name) => this.columns[name]!.length === 0)
      .sort()
      .map((name) => [name, (this.columns[name] as () => unknown)()]);
    return escapedJsonOf(Object.fromEntries(values));
  }
}

/** A row for templates that have rows within other data. */
export const rowOf = (columns: Columns, type: string): GoJson => new Row(columns, type);

/** Fields of rows, and of JSON data. */
export const rowField: FieldLookup = (value, name) => {
  if (!(value instanceof Row)) return typedField(value, name);
  if (Object.hasOwn(value.columns, name)) return value.columns[name];
  throw new Error(`can't evaluate field ${name} in type ${value.type}`);
};

const HEADER_FUNCTIONS: FunctionTable = Object.fromEntries(
  ["json", "split", "join", "title", "lower", "upper", "truncate"].map((name) => [
    name,
    (header: unknown) => header,
  ]),
);

const headerField: FieldLookup = (value, name) => {
  const headers = value as Record<string, string>;
  if (Object.hasOwn(headers, name)) return headers[name];
  return name === "Label"
    ? (label: string) => label.split(".").at(-1)!.replaceAll("-", " ").replaceAll("_", " ")
    : undefined;
};

/** Sets a list as `--format` says, with a header line for tables. Errors: "template parsing error: ...". */
export function formatList({ format, headers, rows, type }: ListDescription): string {
  const isTable = format.startsWith("table");
  const source = templateOf(format);
  try {
    const template = compileTemplate(source, rowField);
    const body = rows.map((columns) => `${template.execute(new Row(columns, type))}\n`).join("");
    return isTable ? alignTabs(`${headerLine(source, headers)}\n${body}`) : body;
  } catch (error) {
    throw new Error(`template parsing error: ${messageOf(error)}`);
  }
}

function headerLine(source: string, headers: Record<string, string>): string {
  try {
    return compileTemplate(source, headerField, HEADER_FUNCTIONS).execute(headers);
  } catch {
    // What cannot be done with headers, such as printing the whole row, leaves the line empty.
    return "";
  }
}

function templateOf(format: string): string {
  if (format === "json") return "{{json .}}";
  const body = format.startsWith("table") ? format.slice("table".length) : format;
  return body
    .replace(/^ +| +$/g, "")
    .replaceAll("\\t", "\t")
    .replaceAll("\\n", "\n");
}

/** Executes a template on a made-up row to find out whether it is sound. Errors: in the words of `docker ps`. */
export function probeTemplate(format: string, columns: Columns, type: string): void {
  const template = attempt("parse", () => compileTemplate(format, rowField));
  attempt("execute", () => template.execute(new Row(columns, type)));
}

function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new Error(`failed to ${what} template: ${messageOf(error)}`);
  }
}
