import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFifo } from "../../../linux/fifo.ts";
import { FileLog } from "../../logs/files/driver.ts";
import { JSON_LINES } from "../../logs/json-file/format.ts";
import { LOCAL_RECORDS } from "../../logs/local/format.ts";
import { LineSplitter } from "../../logs/splitter.ts";
import type { StreamName } from "../../logs/types.ts";
import { OutputSpool } from "./spool.ts";

let folder: string;
let writer: number;
let fifo: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "spool-"));
  makeFifo(join(folder, "fifo"), 0o600);
  fifo = openSync(join(folder, "fifo"), constants.O_RDONLY | constants.O_NONBLOCK);
  writer = openSync(join(folder, "fifo"), constants.O_WRONLY | constants.O_NONBLOCK);
});
afterEach(() => {
  closeSync(writer);
  closeSync(fifo);
  rmSync(folder, { recursive: true });
});

/** A daemon's life: what it takes goes to the log, unless it dies before. */
class Life {
  readonly log: FileLog;
  readonly spool: OutputSpool;
  readonly splitters = { stdout: new LineSplitter("stdout"), stderr: new LineSplitter("stderr") };
  /** How many times it notes what it has written, before it dies. */
  notes = Number.POSITIVE_INFINITY;

  constructor(format = JSON_LINES, maxSize = 0, maxFiles = 1) {
    this.log = new FileLog("x", format, join(folder, "log"), { maxSize, maxFiles, compress: false });
    const left = OutputSpool.resume(folder, "init");
    this.spool = left ?? OutputSpool.create(folder, "init", this.log.position);
    if (!left) return;
    this.log.repeat(left.log);
    for (const [stream, chunk] of left.untold()) this.keep(stream, chunk);
    this.log.repeated();
    for (const stream of ["stdout", "stderr"] as const) this.settle(stream);
  }

  settle(stream: StreamName, left = 0): void {
    if (this.notes-- > 0) this.spool.settle(stream, left + this.splitters[stream].pending, this.log.position);
  }

  keep(stream: StreamName, chunk: Uint8Array): void {
    void this.splitters[stream].writeTo(this.log, chunk, (left) => this.settle(stream, left));
  }

  print(text: string): this {
    writeSync(writer, text);
    return this;
  }

  /** Takes what was printed as that of one stream. */
  take(stream: StreamName = "stdout"): this {
    this.spool[stream].take(fifo);
    return this;
  }

  write(stream: StreamName = "stdout"): this {
    for (let chunk = this.spool[stream].next(); chunk; chunk = this.spool[stream].next())
      this.keep(stream, chunk);
    return this;
  }

  die(): void {
    this.spool.close();
    this.log.close();
  }
}

const lines = (name = "log") =>
  readFileSync(join(folder, name), "utf8")
    .trimEnd()
    .split("\n")
    .filter(Boolean)
    .map((text) => (JSON.parse(text) as { log: string }).log);

describe("OutputSpool: a daemon that dies", () => {
  test("after it has taken output leaves it to the next", () => {
    new Life().print("one\ntwo\nthr").take().die();
    const next = new Life();
    expect(lines()).toEqual(["one\n", "two\n"]);
    next.print("ee\n").take().write();
    expect(lines()).toEqual(["one\n", "two\n", "three\n"]);
    next.die();
  });

  test("after it has written lines, and before it has noted it, leaves them there once", () => {
    const first = new Life().print("same\n").take().write();
    first.notes = 0;
    first.print("same\nsame\nunfin").take().write().die();
    const times = readFileSync(join(folder, "log"), "utf8");
    const next = new Life();
    expect(readFileSync(join(folder, "log"), "utf8")).toBe(times);
    next.print("ished\n").take().write();
    expect(lines()).toEqual(["same\n", "same\n", "same\n", "unfinished\n"]);
    next.die();
  });

  test("amid the writing leaves what is whole, and the rest is written", () => {
    const first = new Life();
    first.notes = 0;
    first.print("one\ntwo\nthree\n").take().write().die();
    const whole = readFileSync(join(folder, "log"), "utf8");
    const ledger = readFileSync(join(folder, "init-ledger"));
    for (const kept of [whole.length - 1, whole.length - 30, whole.indexOf("\n") + 1, 3, 0]) {
      writeFileSync(join(folder, "log"), whole.slice(0, kept));
      writeFileSync(join(folder, "init-ledger"), ledger);
      new Life().die();
      expect(lines()).toEqual(["one\n", "two\n", "three\n"]);
    }
  });

  test("while both streams are on their way loses and doubles nothing", () => {
    const first = new Life();
    first.print("out\n").take("stdout");
    first.print("err\nand").take("stderr");
    first.notes = 0;
    first.write("stderr").die();
    const next = new Life();
    expect(lines().toSorted()).toEqual(["err\n", "out\n"]);
    next.print(" more\n").take("stderr").write("stderr");
    expect(lines().toSorted()).toEqual(["and more\n", "err\n", "out\n"]);
    next.die();
  });

  test.each([1, 3])("after a rotation (%d files) finds what it had written in the new file", (files) => {
    const size = 100;
    const first = new Life(JSON_LINES, size, files).print("one\n").take().write();
    first.notes = 1;
    first.print("two\nthree\n").take().write().die();
    const next = new Life(JSON_LINES, size, files);
    expect(lines()).toEqual(["three\n"]);
    if (files > 1) expect(lines("log.1")).toEqual(["one\n", "two\n"]);
    next.die();
  });

  test("a second time while it takes over does not double anything either", () => {
    const first = new Life();
    first.notes = 0;
    first.print("a\na\na\n").take().write().die();
    // The next one dies before it has noted what it found.
    const second = OutputSpool.resume(folder, "init")!;
    second.close();
    new Life().die();
    expect(lines()).toEqual(["a\n", "a\n", "a\n"]);
  });

  test("leaves what somebody else wrote to the log meanwhile, and adds its own", () => {
    new Life().print("ours\n").take().die();
    appendFileSync(
      join(folder, "log"),
      `{"log":"theirs\\n","stream":"stdout","time":"2026-01-01T00:00:00Z"}\n`,
    );
    new Life().die();
    expect(lines()).toEqual(["theirs\n", "ours\n"]);
  });

  test("writes records of the local driver once, too", async () => {
    const first = new Life(LOCAL_RECORDS);
    first.notes = 0;
    first.print("one\ntwo\npart").take().write().die();
    const next = new Life(LOCAL_RECORDS);
    next.print("ial\n").take().write();
    const signal = new AbortController().signal;
    const found: string[] = [];
    for await (const batch of next.log.read({ follow: false, tail: -1, since: 0n, until: 0n, signal }))
      found.push(...batch.map(({ line }) => Buffer.from(line).toString()));
    expect(found).toEqual(["one\n", "two\n", "partial\n"]);
    next.die();
  });
});

test("StreamSpool frees what is in the log", () => {
  const life = new Life();
  const text = `${"x".repeat(99)}\n`.repeat(600);
  for (let n = 0; n < 20; n++) life.print(text).take().write();
  const { size, blocks } = statSync(join(folder, "init-stdout.spool"));
  expect(size).toBe(20 * text.length);
  expect(blocks * 512).toBeLessThan(200_000);
  expect(lines().length).toBe(20 * 600);
  life.spool.remove();
  life.log.close();
  expect([...new Bun.Glob("init*").scanSync(folder)]).toEqual([]);
});
