import { invalidArgument, isNotFound } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { print } from "../print.ts";
import type { StateStore } from "../state/store.ts";
import { noArguments } from "./arguments.ts";
import type { Context } from "./context.ts";
import { describe } from "./state.ts";

export const FLAGS = {
  format: { kind: "string", short: "f", help: "table or json", value: "FORMAT", fallback: "table" },
  quiet: { kind: "bool", short: "q", help: "Only ids" },
} as const;

type Row = ReturnType<typeof describe>;

/** One that is deleted meanwhile, or was cut short before its state was written, is left out. */
function rowsOf(store: StateStore, warn: Context["warn"]): Row[] {
  const rows: Row[] = [];
  for (const id of store.list()) {
    try {
      rows.push(describe(store, store.load(id)));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      warn(`${id} has no state: its creation was cut short (docker-runc delete --force ${id} removes it)`);
    }
  }
  return rows;
}

/** Columns as Go's tabwriter makes them: at least 12 wide, 3 spaces between. */
function table(rows: readonly Row[]): string {
  const lines = [
    ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"],
    ...rows.map((r) => [r.id, String(r.pid), r.status, r.bundle, r.created, r.owner]),
  ];
  const widths = lines[0]!.map((_, i) => Math.max(12, ...lines.map((line) => line[i]!.length + 3)));
  return lines
    .map((line) => line.map((cell, i) => (i === line.length - 1 ? cell : cell.padEnd(widths[i]!))).join(""))
    .map((line) => `${line}\n`)
    .join("");
}

export async function run({ store, warn }: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  noArguments("list", rest);
  const rows = rowsOf(store, warn);
  const format = values.format ?? "table";
  if (values.quiet) print(rows.map((row) => `${row.id}\n`).join(""));
  else if (format === "table") print(table(rows));
  else if (format === "json") print(rows.length === 0 ? "null\n" : `${JSON.stringify(rows)}\n`);
  else throw invalidArgument("invalid format option");
  return 0;
}
