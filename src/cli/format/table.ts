/** How columns are set: as Go's text/tabwriter has it. */
export interface TableLayout {
  minWidth: number;
  padding: number;
}

/** The layout of lists such as `docker ps`. */
const LIST_LAYOUT: TableLayout = { minWidth: 10, padding: 3 };

/**
 * Aligns lines of tab-terminated cells. A column is a run of neighbouring lines that have a cell there; what follows a
 * line's last tab is text that belongs to no column.
 */
export function alignTabs(text: string, layout: TableLayout = LIST_LAYOUT): string {
  const ends = text.endsWith("\n");
  const lines = (ends ? text.slice(0, -1) : text).split("\n").map((line) => line.split("\t"));
  const widths = lines.map((): number[] => []);
  measure(lines, widths, 0, lines.length, 0, layout);
  const out = lines.map((cells, i) =>
    cells
      .map((cell, j) =>
        j < cells.length - 1 ? cell + " ".repeat(Math.max(0, widths[i]![j]! - lengthOf(cell))) : cell,
      )
      .join(""),
  );
  return out.join("\n") + (ends ? "\n" : "");
}

function measure(
  lines: string[][],
  widths: number[][],
  from: number,
  to: number,
  column: number,
  layout: TableLayout,
): void {
  const has = (i: number) => lines[i]!.length > column + 1;
  for (let start = from; start < to; start++) {
    if (!has(start)) continue;
    let end = start;
    let width = layout.minWidth;
    for (; end < to && has(end); end++)
      width = Math.max(width, lengthOf(lines[end]![column]!) + layout.padding);
    for (let i = start; i < end; i++) widths[i]![column] = width;
    measure(lines, widths, start, end, column + 1, layout);
    start = end;
  }
}

const lengthOf = (text: string) => (/^[\x20-\x7e]*$/.test(text) ? text.length : Bun.stringWidth(text));
