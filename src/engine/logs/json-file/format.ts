import type { LogEntry, LogMessage, StreamName } from "../types.ts";

/** One line of a json-file log, as every engine since 1.0 writes it. */
interface JsonLine {
  log: string;
  stream: StreamName;
  attrs?: Record<string, string>;
  time: string;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** `attributes` is the same for all lines of a container: pass its JSON, or "" for none. */
export function encodeLines(messages: readonly LogMessage[], attributes: string): string {
  let text = "";
  for (const { line, stream, time } of messages) {
    const attrs = attributes === "" ? "" : `,"attrs":${attributes}`;
    text += `{"log":${JSON.stringify(decoder.decode(line))},"stream":"${stream}"${attrs},"time":"${time}"}\n`;
  }
  return text;
}

/** undefined for a line that a crash or a full disk has cut short. */
export function decodeLine(text: string): LogEntry | undefined {
  let parsed: JsonLine;
  try {
    parsed = JSON.parse(text) as JsonLine;
  } catch {
    return undefined;
  }
  if (typeof parsed?.log !== "string" || typeof parsed.time !== "string") return undefined;
  const entry: LogEntry = { line: encoder.encode(parsed.log), stream: parsed.stream, time: parsed.time };
  if (parsed.attrs) entry.attributes = parsed.attrs;
  return entry;
}
