import { afterAll, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished, follow, Growing, RestartedError } from "./growing.ts";

const folder = mkdtempSync(join(tmpdir(), "growing-"));
const file = join(folder, "file");
afterAll(() => rmSync(folder, { recursive: true }));

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of bytes) text += Buffer.from(piece).toString();
  return text;
}

describe("follow()", () => {
  test("gives what is written, as far as the writer says that it is there", async () => {
    const growing = new Growing();
    writeFileSync(file, "one,and more");
    growing.grow(4);
    const pieces = follow(file, growing.reader(), () => true);
    expect(Buffer.from((await pieces.next()).value!).toString()).toBe("one,");
    const second = pieces.next();
    appendFileSync(file, "!");
    growing.grow(13);
    expect(Buffer.from((await second).value!).toString()).toBe("and more!");
    growing.finish();
    expect((await pieces.next()).done).toBe(true);
  });

  test("reads a file that does not grow, and an empty one", async () => {
    writeFileSync(file, "whole");
    expect(await textOf(follow(file, finished(5), () => false))).toBe("whole");
    const empty = new Growing();
    empty.finish();
    expect(await textOf(follow(file, empty.reader(), () => true))).toBe("");
  });

  test("ends with the writer's failure, also one that waits", async () => {
    const growing = new Growing();
    const waiting = textOf(follow(file, growing.reader(), () => true));
    growing.fail(new Error("cut"));
    expect(waiting).rejects.toThrow("cut");
  });

  test("ends when the writer begins anew, and a new reader sees the new content", async () => {
    writeFileSync(file, "old old");
    const growing = new Growing();
    growing.grow(7);
    const pieces = follow(file, growing.reader(), () => true);
    await pieces.next();
    growing.grow(0);
    expect(pieces.next()).rejects.toThrow(RestartedError);
    writeFileSync(file, "new");
    growing.grow(3);
    growing.finish();
    expect(await textOf(follow(file, growing.reader(), () => true))).toBe("new");
  });

  test("fails when the file is shorter than it was said to be", async () => {
    writeFileSync(file, "few");
    expect(textOf(follow(file, finished(9), () => true))).rejects.toThrow("has become shorter");
  });
});
