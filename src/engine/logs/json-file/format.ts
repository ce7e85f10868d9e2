import type { LogFormat } from "../files/format.ts";
import type { LogEntry, LogMessage, StreamName } from "../types.ts";
import { framesOfLines } from "./frames.ts";
import { tailOfLines } from "./tail.ts";

/** One line of a json-file log, as every engine since 1.0 writes it. */
interface JsonLine {
  log: string;
  stream: StreamName;
  attrs?: Record<string, string>;
  time: string;
}

const NEWLINE = 10;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** Lines of JSON. */
export const JSON_LINES: LogFormat = {
  encode: (messages, attributes) => encoder.encode(encodeMessages(messages, attributes)),
  encodeLines,
  endOf(data, at) {
    const newline = data.indexOf(NEWLINE, at);
    return newline < 0 ? -1 : newline + 1;
  },
  endOfLast: (data) => data.lastIndexOf(NEWLINE) + 1,
  frames: (records, wanted) => framesOfLines(records, wanted, decodeLine),
  decode: (record) => decodeLine(decoder.decode(record)),
  tail: tailOfLines,
  mend(read, size) {
    if (read(size - 1, 1)[0] === NEWLINE) return { keep: size, append: "" };
    const { offset } = tailOfLines(read, size, 1);
    const isWhole = decodeLine(decoder.decode(read(offset, size - offset))) !== undefined;
    return isWhole ? { keep: size, append: "\n" } : { keep: offset, append: "" };
  },
};

function encodeMessages(messages: readonly LogMessage[], attributes: string): string {
  const attrs = attributes === "" ? "" : `,"attrs":${attributes}`;
  let text = "";
  for (const { line, stream, time } of messages) {
    text += `{"log":${JSON.stringify(decoder.decode(line))},"stream":"${stream}"${attrs},"time":"${time}"}\n`;
  }
  return text;
}

function encodeLines(lines: Uint8Array, stream: StreamName, time: string, attributes: string): Uint8Array {
  const attrs = attributes === "" ? "" : `,"attrs":${attributes}`;
  const end = `\\n","stream":"${stream}"${attrs},"time":"${time}"}\n`;
  const text = decoder.decode(lines.subarray(0, -1));
  // Without a backslash in the text, each "\n" of the JSON is a newline of the text.
  const whole = text.includes("\\")
    ? text.split("\n").map(inside).join(`${end}{"log":"`)
    : inside(text).replaceAll("\\n", `${end}{"log":"`);
  return encoder.encode(`{"log":"${whole}${end}`);
}

/** The text as JSON, without the quotes. */
const inside = (text: string) => JSON.stringify(text).slice(1, -1);

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
