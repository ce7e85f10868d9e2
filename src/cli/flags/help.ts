import type { Flag, FlagTable } from "./spec.ts";

const TYPE_NAMES: Record<Flag["kind"], string> = {
  bool: "",
  string: "string",
  int: "int",
  list: "list",
  bytes: "bytes",
  duration: "duration",
  cpus: "decimal",
};

/** The options part of a help text, wrapped to the terminal's width. */
export function flagHelp(table: FlagTable, columns: number): string {
  const rows = Object.entries(table)
    .filter(([, flag]) => !flag.hidden)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => ({ left: leftOf(name, flag), right: rightOf(flag) }));
  const width = Math.max(0, ...rows.map((row) => row.left.length)) + 3;
  const room = Math.max(24, columns - width);
  return rows
    .map(({ left, right }) => `${left.padEnd(width)}${wrap(right, room).join(`\n${" ".repeat(width)}`)}\n`)
    .join("");
}

function leftOf(name: string, flag: Flag): string {
  const type = flag.type ?? TYPE_NAMES[flag.kind];
  const short = flag.short === undefined ? "      " : `  -${flag.short}, `;
  return `${short}--${name}${type === "" ? "" : ` ${type}`}`;
}

function rightOf(flag: Flag): string {
  const shown = flag.shown ?? (flag.on ? "true" : undefined);
  return shown === undefined ? flag.help : `${flag.help} (default ${shown})`;
}

function wrap(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
