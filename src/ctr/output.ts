import { humanDuration } from "../units/human-duration.ts";
import { print } from "./cli.ts";

/** Columns wide enough for their longest cell, three spaces apart. */
export function printTable(header: string[], rows: string[][]): void {
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i] ?? "").length)));
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("   ")
      .trimEnd();
  print(line(header), ...rows.map(line));
}

/** Labels as "a=b,c=d", `none` for none. */
export function formatLabels(labels: Record<string, string>, none = "-"): string {
  const text = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => (value === "" ? key : `${key}=${value}`))
    .join(",");
  return text || none;
}

/** Bytes with binary units: "1.9 MiB". */
export function formatSize(bytes: bigint | number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = Number(bytes);
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value.toFixed(1)} ${units[unit]}`;
}

/** An RFC 3339 time, or "-" for none. */
export function formatTime(time: { seconds: bigint; nanos: number } | undefined): string {
  if (!time || (time.seconds === 0n && time.nanos === 0)) return "-";
  const seconds = new Date(Number(time.seconds) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(time.nanos).padStart(9, "0")}Z`;
}

/** How long ago a time was, in words: "3 minutes". */
export function formatAge(time: { seconds: bigint; nanos: number } | undefined): string {
  return time ? humanDuration(Date.now() / 1000 - Number(time.seconds)) : "-";
}

/** JSON with bigints as numbers and bytes as what they hold, if that is JSON, or base64. */
export function printJSON(value: unknown): void {
  const readable = (_: string, inner: unknown) => {
    if (typeof inner === "bigint") return Number(inner);
    if (!isBytes(inner)) return inner;
    const bytes = Buffer.from(inner instanceof Uint8Array ? inner : inner.data);
    try {
      return JSON.parse(bytes.toString()) as unknown;
    } catch {
      return bytes.toString("base64");
    }
  };
  print(JSON.stringify(value, readable, 4));
}

/** JSON.stringify() hands a Buffer over as what its toJSON() made of it. */
function isBytes(value: unknown): value is Uint8Array | { type: "Buffer"; data: number[] } {
  if (value instanceof Uint8Array) return true;
  const buffer = value as { type?: unknown; data?: unknown } | null;
  return typeof buffer === "object" && buffer?.type === "Buffer" && Array.isArray(buffer.data);
}
