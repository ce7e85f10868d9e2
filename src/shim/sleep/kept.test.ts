import { expect, test } from "bun:test";
import { readToEnd } from "../../linux/fd.ts";
import { rewind } from "../../linux/memfd.ts";
import type { KeptProcess } from "../process.ts";
import { descriptorsOfShim, type KeptShim, readKept, writeKept } from "./kept.ts";

const process = (id: string, io: KeptProcess["io"]): KeptProcess => ({
  id,
  paths: { stdin: "", stdout: "/out", stderr: "", terminal: false },
  state: "running",
  pid: 7,
  exit: undefined,
  io,
});

const options = {
  ...{
    noPivotRoot: false,
    noNewKeyring: false,
    shimCgroup: "",
    ioUid: 0,
    ioGid: 0,
    binaryName: "",
    root: "",
  },
  ...{ criuPath: "", systemdCgroup: false, criuImagePath: "", criuWorkPath: "" },
};

const KEPT: KeptShim = {
  shown: "one",
  socket: "/run/s",
  listener: 10,
  connections: [{ fd: 11, calls: [{ streamId: 3, data: [1, 2] }] }],
  service: [
    {
      ...{ bundle: "/b", checkpoint: "", binary: "/usr/sbin/runc", options },
      init: process("one", { kind: "fifo", held: [12, 13], stdin: 14 }),
      execs: [process("e", { kind: "terminal", master: 15, output: 16, input: 17 })],
      watch: { version: 1, event: 18 },
    },
    {
      ...{ bundle: "/c", checkpoint: "", binary: "/usr/sbin/runc", options },
      init: process("two", { kind: "file", reader: 19, file: 20 }),
      execs: [process("f", { kind: "closed" })],
      watch: { version: 2, folder: "/cgroup", events: 21, kills: 0 },
    },
  ],
};

test("every descriptor stays open, and what means work is watched", () => {
  const { all, watched } = descriptorsOfShim(KEPT);
  expect([...new Set(all)].sort()).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]);
  expect(watched.map(({ fd }) => fd)).toEqual([10, 11, 15, 17, 19, 18, 21]);
  // POLLIN, and POLLPRI for v2's file.
  expect(watched.map(({ events }) => events)).toEqual([1, 1, 1, 1, 1, 1, 2]);
});

test("the file begins with what poll(2) takes, and gives the shim back", () => {
  const file = writeKept(KEPT, [
    { fd: 5, events: 1 },
    { fd: 6, events: 2 },
  ]);
  rewind(file);
  const numbers = new Int32Array(readToEnd(file).slice(0, 20).buffer);
  expect([...numbers]).toEqual([2, 5, 1, 6, 2]);
  expect(readKept(file)).toEqual(JSON.parse(JSON.stringify(KEPT)));
  // It is closed.
  expect(() => rewind(file)).toThrow("EBADF");
});
