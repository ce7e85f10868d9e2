import { afterEach, beforeEach, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../log/log.ts";
import { EventBus, nanosOf } from "./bus.ts";
import { EventJournal } from "./journal.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "journal-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const path = () => join(folder, "events/journal.jsonl");
const open = () => new EventBus(new EventJournal(path(), createLogger({ level: "fatal" })));
const actions = (bus: EventBus) => bus.past(0n).map(({ Action }) => Action!);

test("events of an earlier daemon are told, and later ones have later times", () => {
  const first = open();
  expect(first.journal!.isNew).toBe(true);
  first.publish("container", "create", "c", { name: "n" });
  first.publish("container", "start", "c", { name: "n" }, { run: "2026-01-01T00:00:00Z" });
  first.journal!.close();
  const second = open();
  expect(second.journal!.isNew).toBe(false);
  expect(second.journal!.known.get("c")?.status).toBe("running");
  second.publish("container", "die", "c", { name: "n", exitCode: "3" }, { run: "2026-01-01T00:00:00Z" });
  expect(actions(second)).toEqual(["create", "start", "die"]);
  const times = second.past(0n).map(nanosOf);
  expect(times).toEqual(times.toSorted((a, b) => (a < b ? -1 : 1)));
  expect(actions(second).length).toBe(new Set(times).size);
  expect(second.past(times[1]!).map(({ Action }) => Action!)).toEqual(["start", "die"]);
});

test("a line that was not finished is dropped, and the next one stands on its own", () => {
  open().publish("volume", "create", "v");
  appendFileSync(path(), '{"at":"1","event":{"Type":"vol');
  const bus = open();
  bus.publish("volume", "destroy", "v");
  expect(actions(bus)).toEqual(["create", "destroy"]);
});

test("the file is bounded, and what was told of containers outlives their events", () => {
  const bus = open();
  bus.publish("container", "create", "old", { name: "o" });
  for (let i = 0; i < 5000; i++) bus.publish("volume", "mount", `v${i}`);
  const lines = readFileSync(path(), "utf8").trim().split("\n").length;
  expect(lines).toBeLessThan(4200);
  expect(actions(bus)).not.toContain("create");
  expect(open().journal!.known.get("old")).toEqual({ status: "created", run: "", attributes: { name: "o" } });
});

test("exit codes of exec processes, uses of volumes and starts that were begun are known after the file was written anew", () => {
  const bus = open();
  bus.publish("container", "create", "c", { name: "n" });
  bus.publish("container", "exec_start: sh ", "c", { name: "n", execID: "e" });
  bus.publish("container", "exec_start: sh ", "c", { name: "n", execID: "f" });
  bus.publish("volume", "mount", "v", { container: "c", driver: "local" });
  for (let i = 0; i < 5000; i++) bus.publish("volume", "create", `v${i}`);
  bus.publish("volume", "mount", "v", { container: "c", driver: "local" });
  bus.journal!.noteExecExit("c", "e", 7);
  bus.journal!.noteExecExit("c", "unknown", 7);
  bus.journal!.noteStarting("c", true);
  bus.journal!.noteStarting("unknown", true);
  const told = {
    starting: true,
    execs: { e: 7, f: null },
    volumes: { v: { driver: "local", times: 2 } },
  };
  expect(bus.journal!.known.get("c")).toMatchObject(told);
  expect(open().journal!.known.get("c")).toMatchObject(told);
  expect(open().journal!.known.get("c")).toMatchObject(told);
});

test("a start that has been told is begun no more", () => {
  const bus = open();
  bus.publish("container", "create", "c", { name: "n" });
  bus.journal!.noteStarting("c", true);
  bus.publish("container", "start", "c", { name: "n" }, { run: "2026-01-01T00:00:00Z" });
  expect(bus.journal!.known.get("c")!.starting).toBeUndefined();
  expect(open().journal!.known.get("c")!.starting).toBeUndefined();
});
