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
/** Of UTF-8 for one unit of a string. */
const MOST_BYTES = 3;

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

/** What it returns is good until the next call. */
function encodeLines(lines: Uint8Array, stream: StreamName, time: string, attributes: string): Uint8Array {
  const attrs = attributes === "" ? "" : `,"attrs":${attributes}`;
  const end = `\\n","stream":"${stream}"${attrs},"time":"${time}"}\n`;
  const text = decoder.decode(lines.subarray(0, -1));
  // Without a backslash in the text, each "\n" of the JSON is a newline of the text.
  const whole = text.includes("\\")
    ? text.split("\n").map(inside).join(`${end}{"log":"`)
    : inside(text).replaceAll("\\n", `${end}{"log":"`);
  return encoded('{"log":"', whole, end);
}

/** Filled anew by each call. */
let scratch = new Uint8Array(0);

/** Pieces of text one after the other, without a copy of them as one text. */
function encoded(...pieces: string[]): Uint8Array {
  const most = pieces.reduce((sum, piece) => sum + MOST_BYTES * piece.length, 0);
  if (scratch.length < most) scratch = new Uint8Array(most);
  let at = 0;
  for (const piece of pieces) at += encoder.encodeInto(piece, scratch.subarray(at)).written;
  return scratch.subarray(0, at);
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
