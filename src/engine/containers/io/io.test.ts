import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DetachScanner, parseDetachKeys } from "./detach-keys.ts";
import { frame } from "./frames.ts";
import { ProcessIO } from "./process-io.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "process-io-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const openFds = () => readdirSync("/proc/self/fd").length;

describe("ProcessIO", () => {
  test("delivers all output before finish() resolves, and leaves no descriptor or FIFO", async () => {
    const before = openFds();
    let total = 0;
    const io = ProcessIO.create(
      folder,
      "init",
      { stdin: false, terminal: false },
      {
        write: async (_stream, chunk) => {
          await new Promise(setImmediate);
          total += chunk.length;
        },
      },
    );
    io.begin();
    const child = Bun.spawn(["sh", "-c", `head -c 1000000 /dev/zero > ${io.paths.stdout}`]);
    await child.exited;
    await io.finish();
    expect(total).toBe(1_000_000);
    expect(readdirSync(folder)).toEqual([]);
    // Bun closes what it has watched the child with in its own time.
    const deadline = Date.now() + 30_000;
    while (openFds() > before + 1 && Date.now() < deadline) await Bun.sleep(10);
    expect(openFds()).toBeLessThanOrEqual(before + 1);
  });

  test("what a runtime said of a process that did not come to be is nobody's output", async () => {
    let said = "";
    const write = (_stream: string, chunk: Uint8Array) => {
      said += Buffer.from(chunk).toString();
    };
    for (const abandoned of [true, false]) {
      const io = ProcessIO.create(folder, "init", { stdin: false, terminal: false }, { write });
      writeFileSync(io.paths.stderr, "no such program");
      if (abandoned) io.abandon();
      await io.finish();
      expect(said).toBe(abandoned ? "" : "no such program");
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  test("finish() does not wait for ever for a process that holds the FIFO open", async () => {
    const io = ProcessIO.create(folder, "init", { stdin: false, terminal: true }, { write() {} });
    const child = Bun.spawn(["sh", "-c", `exec > ${io.paths.stdout}; echo x; exec sleep 60`]);
    await io.finish(50);
    child.kill();
    await child.exited;
  });

  test("stdin passes binary data of any size and ends", async () => {
    const io = ProcessIO.create(folder, "init", { stdin: true, terminal: true }, { write() {} });
    const child = Bun.spawn(["sh", "-c", `wc -c < ${io.paths.stdin}`], { stdout: "pipe" });
    io.stdin!.started();
    for (let n = 0; n < 20; n++) expect(await io.stdin!.write(Buffer.alloc(50_000, n))).toBe(true);
    await io.stdin!.close();
    expect((await new Response(child.stdout).text()).trim()).toBe("1000000");
    await io.finish();
  });

  test("what is written and closed before anybody has the FIFO open is not lost", async () => {
    const io = ProcessIO.create(folder, "init", { stdin: true, terminal: true }, { write() {} });
    const written = io.stdin!.write(Buffer.from("early"));
    io.stdin!.started();
    const closed = io.stdin!.close();
    const child = Bun.spawn(["cat", io.paths.stdin], { stdout: "pipe" });
    expect(await new Response(child.stdout).text()).toBe("early");
    expect(await written).toBe(true);
    await closed;
    await io.finish();
  });

  test("nobody is waited for where no process was started, or it has ended", async () => {
    for (const started of [false, true]) {
      const io = ProcessIO.create(folder, "init", { stdin: true, terminal: true }, { write() {} });
      if (started) io.stdin!.started();
      const written = io.stdin!.write(Buffer.from("x"));
      await io.finish();
      expect(await written).toBe(false);
    }
  });

  test("writing to a process that has gone resolves to false", async () => {
    const io = ProcessIO.create(folder, "init", { stdin: true, terminal: true }, { write() {} });
    const child = Bun.spawn(["sh", "-c", `head -c 1 < ${io.paths.stdin}`], { stdout: "pipe" });
    io.stdin!.started();
    await io.stdin!.write(Buffer.from("x"));
    await child.exited;
    expect(await io.stdin!.write(Buffer.alloc(200_000))).toBe(false);
    await io.finish();
  });
});

describe("DetachScanner", () => {
  const type = (scanner: DetachScanner, ...chunks: string[]) =>
    chunks.map((chunk) => {
      const { data, detached } = scanner.push(Buffer.from(chunk));
      return [Buffer.from(data).toString(), detached];
    });

  test("finds ctrl-p ctrl-q over chunks and holds back a possible beginning", () => {
    expect(type(new DetachScanner(parseDetachKeys("")), "ab\x10", "\x11x")).toEqual([
      ["ab", false],
      ["", true],
    ]);
  });

  test("passes on what turned out not to be the sequence", () => {
    expect(type(new DetachScanner(parseDetachKeys("ctrl-p,ctrl-q")), "\x10", "z")).toEqual([
      ["", false],
      ["\x10z", false],
    ]);
  });

  test("refuses unknown keys", () => {
    expect(() => parseDetachKeys("ctrl-1")).toThrow("invalid detach keys");
  });
});

test("frame() puts stream and length before the data", () => {
  expect([...frame("stderr", Buffer.from("ab"))]).toEqual([2, 0, 0, 0, 0, 0, 0, 2, 97, 98]);
});
