import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chunkOf } from "../../containers/io/log-chunk.ts";
import { JSON_LINES } from "../json-file/format.ts";
import { LOCAL_RECORDS } from "../local/format.ts";
import { LineSplitter, LONGEST_LINE } from "../splitter.ts";
import type { LogEntry, ReadOptions } from "../types.ts";
import { FileLog } from "./driver.ts";
import { readLog } from "./reader.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "log-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const all = (): ReadOptions => ({
  follow: false,
  tail: -1,
  since: 0n,
  until: 0n,
  signal: new AbortController().signal,
});

const message = (text: string, time = "2026-01-01T00:00:00.5Z") => ({
  line: Buffer.from(text),
  stream: "stdout" as const,
  time,
});

async function texts(batches: AsyncIterable<LogEntry[]>): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of batches) found.push(...batch.map(({ line }) => Buffer.from(line).toString()));
  return found;
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => `line ${from + at}\n`);

/** Sizes are such that about five lines go into a file. */
describe.each([
  ["json-file", JSON_LINES, 400],
  ["local", LOCAL_RECORDS, 200],
] as const)("FileLog with the format of %s", (name, format, size) => {
  const open = (maxSize = 0, maxFiles = 1, compress = false) =>
    new FileLog(name, format, join(folder, "x.log"), { maxSize, maxFiles, compress });

  test("reads back what was written, newline and special characters included", async () => {
    const log = open();
    const lines = ["plain\n", 'quote " and <tag> & \u2028\n', "cut"];
    log.write(lines.map((line) => message(line)));
    expect(await texts(log.read(all()))).toEqual(lines);
  });

  test("begins a new file within what is written at once, after the record that fills one", async () => {
    const log = open(size, 99);
    log.write(numbers(1, 40).map((line) => message(line)));
    log.writeLines?.(Buffer.from(numbers(41, 80).join("")), "stdout", "2026-01-01T00:00:00.5Z", () => {});
    const files = readdirSync(folder);
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) expect(statSync(join(folder, file)).size).toBeLessThan(size + 100);
    expect(await texts(log.read(all()))).toEqual(numbers(1, log.writeLines ? 80 : 40));
  });

  test("gives the last lines for tail, over several files", async () => {
    const log = open(size, 5);
    for (const line of numbers(1, 20)) log.write([message(line)]);
    expect(readdirSync(folder).length).toBe(4);
    expect(await texts(log.read({ ...all(), tail: 7 }))).toEqual(numbers(14, 20));
    expect(await texts(log.read({ ...all(), tail: 0 }))).toEqual([]);
    expect((await texts(log.read({ ...all(), tail: 1000 }))).at(-1)).toBe("line 20\n");
  });

  test("reads compressed generations", async () => {
    const log = open(size, 9, true);
    for (const line of numbers(1, 20)) log.write([message(line)]);
    await log.packed();
    expect(readdirSync(folder).some((name) => name.endsWith(".gz"))).toBe(true);
    expect(await texts(log.read(all()))).toEqual(numbers(1, 20));
    expect(await texts(log.read({ ...all(), tail: 12 }))).toEqual(numbers(9, 20));
  });

  test("bounds by since and until, both included", async () => {
    const log = open();
    for (const second of [1, 2, 3, 4]) log.write([message(`${second}`, `2026-01-01T00:00:0${second}Z`)]);
    const at = (second: number) => BigInt(Date.parse(`2026-01-01T00:00:0${second}Z`)) * 1_000_000n;
    expect(await texts(log.read({ ...all(), since: at(2), until: at(3) }))).toEqual(["2", "3"]);
  });

  test("follows over rotations, loses no line and doubles none, and ends when the log is closed", async () => {
    const log = open(size, 3);
    log.write([message("line 1\n")]);
    const followed = texts(log.read({ ...all(), follow: true }));
    for (const line of numbers(2, 40)) {
      log.write([message(line)]);
      await Promise.resolve().then(() => new Promise(setImmediate));
    }
    log.close();
    expect(await followed).toEqual(numbers(1, 40));
  });

  test("a line cut by a crash is skipped, and the next one stands on its own", async () => {
    const spoilt = format.encode([message("half\n")], "").subarray(0, 12);
    open().close();
    appendFileSync(join(folder, "x.log"), spoilt);
    const log = open();
    log.write([message("whole\n")]);
    expect(await texts(readLog(log.path, format, all(), undefined))).toEqual(["whole\n"]);
  });
});

describe("the short way of json-file", () => {
  const LINES = [
    "plain\n",
    'quotes " and \\ and \\n\n',
    "\u0001\ttab é 💥 \u2028\n",
    "\ufeffmark\n",
    "\n",
    '","stream":"stderr","time":"x\n',
    `${"long".repeat(4000)}\n`,
  ];
  const wanted = { stdout: true, stderr: true, framed: true };
  const open = (attributes: Record<string, string> = {}) => {
    const path = join(folder, "x.log");
    return new FileLog(
      "json-file",
      JSON_LINES,
      path,
      { maxSize: 0, maxFiles: 1, compress: false },
      attributes,
    );
  };

  async function bytes(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
    const found: Uint8Array[] = [];
    for await (const chunk of chunks) found.push(chunk);
    return Buffer.concat(found);
  }
  const expected = async (log: FileLog, framed: boolean) => {
    const found: Buffer[] = [];
    for await (const batch of log.read(all())) found.push(chunkOf(batch, { framed, prefix: undefined }));
    return Buffer.concat(found);
  };

  test("writes the same records", () => {
    for (const lines of [LINES, LINES.slice(0, 1), LINES.slice(2, 4)]) {
      const messages = lines.map((text) => message(text));
      const short = JSON_LINES.encodeLines!(Buffer.from(lines.join("")), "stdout", messages[0]!.time, "{}");
      expect(Buffer.from(short).toString()).toBe(Buffer.from(JSON_LINES.encode(messages, "{}")).toString());
    }
  });

  test("reads the same frames, whatever lies between", async () => {
    const log = open({ label: 'with \\ and "' });
    log.write(LINES.map((text) => message(text)));
    log.write([message("a piece"), { ...message("error\n"), stream: "stderr" }, message("rest\n")]);
    log.writeLines!(Buffer.from(LINES.join("")), "stderr", "2026-01-01T00:00:00Z");
    appendFileSync(log.path, '{"spoilt\n{"log":"x\\n"}\n');
    for (const framed of [true, false]) {
      expect(await bytes(log.readFrames!(all(), { ...wanted, framed }))).toEqual(await expected(log, framed));
    }
    const errors = await bytes(log.readFrames!(all(), { stdout: false, stderr: true, framed: false }));
    expect(errors.toString()).toBe(`error\n${LINES.join("")}`);
  });

  test("a splitter takes it for whole lines, and cuts what is too long", async () => {
    const log = open();
    const splitter = new LineSplitter("stdout");
    const text = `${LINES.join("")}${"x".repeat(LONGEST_LINE)}yy\nhalf`;
    for (let at = 0; at < text.length; at += 1000)
      splitter.writeTo(log, Buffer.from(text.slice(at, at + 1000)));
    log.write(splitter.flush());
    expect((await texts(log.read(all()))).join("")).toBe(text);
    const raw = { ...wanted, framed: false };
    expect((await bytes(log.readFrames!(all(), raw))).toString()).toBe(text);
  });
});

describe("LineSplitter", () => {
  const collect = (splitter: LineSplitter, ...chunks: string[]) =>
    chunks
      .flatMap((chunk) => splitter.push(Buffer.from(chunk)))
      .concat(splitter.flush())
      .map(({ line }) => Buffer.from(line).toString());

  test("joins pieces of a line and keeps an unfinished end", () => {
    expect(collect(new LineSplitter("stdout"), "a", "b\nc\nd", "")).toEqual(["ab\n", "c\n", "d"]);
  });

  test("cuts lines that are too long", () => {
    const long = "x".repeat(LONGEST_LINE + 5);
    const pieces = collect(new LineSplitter("stdout"), `${long}\n`);
    expect(pieces).toEqual([long.slice(0, LONGEST_LINE), "xxxxx\n"]);
  });
});
