import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeFd, O_NONBLOCK, O_RDONLY, O_WRONLY, openFd, readFd, writeFd } from "../../linux/fd.ts";
import { openFifos } from "./fifo.ts";
import type { ProcessIO } from "./stdio.ts";

const OPTIONS = { containerId: "c", namespace: "n", uid: 0, gid: 0 };
const encode = (text: string) => new TextEncoder().encode(text);

let folder: string;
let io: ProcessIO | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fifo-"));
  const made = Bun.spawnSync(["mkfifo", ...["in", "out", "err"].map((name) => join(folder, name))]);
  expect(made.exitCode).toBe(0);
});
afterEach(() => {
  io?.close();
  io = undefined;
  rmSync(folder, { recursive: true });
});

const paths = () => ({
  stdin: join(folder, "in"),
  stdout: join(folder, "out"),
  stderr: join(folder, "err"),
  terminal: false,
});

/** What a reader gets: the text, "" at the end, undefined when it would have to wait. */
function take(fd: number): string | undefined {
  const buffer = new Uint8Array(65536);
  try {
    return new TextDecoder().decode(buffer.subarray(0, readFd(fd, buffer)));
  } catch (error) {
    expect((error as { code: string }).code).toBe("EAGAIN");
    return undefined;
  }
}

test("what was written while no client was there is read by the next one, and then the end", async () => {
  io = openFifos(paths(), OPTIONS);
  const container = io.fds![1];
  const first = openFd(join(folder, "out"), O_RDONLY | O_NONBLOCK);
  writeFd(container, encode("one"));
  expect(take(first)).toBe("one");
  closeFd(first);
  writeFd(container, encode("two"));
  io.started();
  io.exited();
  const second = openFd(join(folder, "out"), O_RDONLY | O_NONBLOCK);
  expect(take(second)).toBe("two");
  const deadline = Date.now() + 5_000;
  while (take(second) !== "" && Date.now() < deadline) await Bun.sleep(5);
  expect(take(second)).toBe("");
  closeFd(second);
});

test("an empty stream ends with the process", () => {
  io = openFifos(paths(), OPTIONS);
  const reader = openFd(join(folder, "out"), O_RDONLY | O_NONBLOCK);
  io.started();
  expect(take(reader)).toBeUndefined();
  io.exited();
  expect(take(reader)).toBe("");
  closeFd(reader);
});

test("stdin ends only when the client closes it on purpose, and after all that was sent", () => {
  io = openFifos(paths(), OPTIONS);
  const container = io.fds![0];
  const first = openFd(join(folder, "in"), O_WRONLY | O_NONBLOCK);
  writeFd(first, encode("data"));
  closeFd(first);
  expect(take(container)).toBe("data");
  const second = openFd(join(folder, "in"), O_WRONLY | O_NONBLOCK);
  writeFd(second, encode("more"));
  closeFd(second);
  io.closeStdin();
  expect(take(container)).toBe("more");
  expect(take(container)).toBe("");
});

test("streams without a path are /dev/null", () => {
  io = openFifos({ stdin: "", stdout: "", stderr: "", terminal: false }, OPTIONS);
  expect(take(io.fds![0])).toBe("");
  expect(writeFd(io.fds![1], encode("x"))).toBe(1);
});

test("a path that is not there is an error that names it, and leaves nothing open", () => {
  expect(() => openFifos({ ...paths(), stdout: join(folder, "no") }, OPTIONS)).toThrow(/open .*\/no: ENOENT/);
  const writer = () => openFd(join(folder, "in"), O_WRONLY | O_NONBLOCK);
  expect(writer).toThrow("ENXIO");
});
