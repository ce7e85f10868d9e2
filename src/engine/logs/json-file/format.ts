import type { LogFormat } from "../files/format.ts";
import type { LogEntry, LogMessage, StreamName } from "../types.ts";
import { tailOfLines } from "./tail.ts";

/** One line of a json-file log, as every engine since 1.0 writes it. */
interface JsonLine {
  log: string;
  stream: StreamName;
  attrs?: Record<string, string>;
  time: string;
}

const NEWLINE = 10;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Lines of JSON. */
export const JSON_LINES: LogFormat = {
  encode: (messages, attributes) => encoder.encode(encodeLines(messages, attributes)),
  endOf(data, at) {
    const newline = data.indexOf(NEWLINE, at);
    return newline < 0 ? -1 : newline + 1;
  },
  decode: (record) => decodeLine(decoder.decode(record)),
  tail: tailOfLines,
  mend(read, size) {
    return { keep: size, append: read(size - 1, 1)[0] === NEWLINE ? "" : "\n" };
  },
};

function encodeLines(messages: readonly LogMessage[], attributes: string): string {
  const attrs = attributes === "" ? "" : `,"attrs":${attributes}`;
  let text = "";
  for (const { line, stream, time } of messages) {
    text += `{"log":${JSON.stringify(decoder.decode(line))},"stream":"${stream}"${attrs},"time":"${time}"}\n`;
  }
  return text;
}

function decodeLine(text: string): LogEntry | undefined {
  let parsed: JsonLine;
  try {
    parsed = JSON.parse(text) as JsonLine;
  } catch {
    return undefined;
  }
  if (typeof parsed?.log !== "string" || typeof parsed.time !== "string") return undefined;
  const entry: LogEntry = { line: parsed.log, stream: parsed.stream, time: parsed.time };
  if (parsed.attrs) entry.attributes = parsed.attrs;
  return entry;
}
