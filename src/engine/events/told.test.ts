import { expect, test } from "bun:test";
import type { EngineEvent, EventType } from "./bus.ts";
import { type RunFacts, type Told, tell, untold } from "./told.ts";

const [first, second] = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"];

test.each<[string, Parameters<typeof untold>[0], Parameters<typeof untold>[1], string[]]>([
  ["all was told", { status: "running", run: first }, { status: "running", run: first }, []],
  ["it is new", undefined, { status: "created", run: "" }, ["create"]],
  ["it is new and has ended", undefined, { status: "exited", run: first }, ["create", "start", "die"]],
  ["it was started", { status: "created", run: "" }, { status: "running", run: first }, ["start"]],
  ["it has ended", { status: "running", run: first }, { status: "exited", run: first }, ["die"]],
  ["it has ended while paused", { status: "paused", run: first }, { status: "exited", run: first }, ["die"]],
  ["it was paused", { status: "running", run: first }, { status: "paused", run: first }, ["pause"]],
  ["it goes on", { status: "paused", run: first }, { status: "running", run: first }, ["unpause"]],
  ["it runs anew", { status: "exited", run: first }, { status: "running", run: second }, ["start"]],
  [
    "one run ended, another too",
    { status: "running", run: first },
    { status: "exited", run: second },
    ["die", "start", "die"],
  ],
  ["it is gone", { status: "exited", run: first }, undefined, ["destroy"]],
  ["it ended and is gone", { status: "running", run: first }, undefined, ["die", "destroy"]],
  ["nobody ever heard of it", undefined, undefined, []],
])("untold(): %s", (_, told, actual, events) => {
  expect(untold(told, actual)).toEqual(events);
});

/** Tells events one after another: each its type, action, actor, attributes, facts. */
function telling(...events: [EventType, string, string, Record<string, string>, Partial<RunFacts>?][]) {
  const known = new Map<string, Told>();
  for (const [Type, Action, ID, Attributes, facts] of events)
    tell(known, { Type, Action, Actor: { ID, Attributes } } as EngineEvent, { run: "", ...facts });
  return known;
}

const NAMED = { name: "a", image: "i" };

test("tell() follows a life, and keeps what later events need", () => {
  const life: Parameters<typeof telling> = [
    ["container", "create", "c", NAMED],
    ["container", "start", "c", NAMED, { run: first }],
    ["container", "exec_die", "c", { name: "a", exitCode: "1" }, { run: first }],
    ["container", "rename", "c", { name: "b", image: "i", oldName: "/a" }, { run: first }],
    ["container", "die", "c", { name: "b", image: "i", exitCode: "3", execDuration: "0" }, { run: first }],
  ];
  const ended = { status: "exited", run: first, attributes: { name: "b", image: "i" } };
  expect(telling(...life).get("c") as unknown).toEqual(ended);
  expect(telling(...life, ["container", "destroy", "c", {}, { run: first }]).size).toBe(0);
});

test("tell() knows the exec processes, networks and volumes that have not ended, been left or unmounted", () => {
  const events: Parameters<typeof telling> = [
    ["container", "create", "c", NAMED],
    ["network", "connect", "n", { container: "c", name: "bridge", type: "bridge" }],
    ["network", "connect", "m", { container: "c", name: "mine", type: "bridge" }],
    ["volume", "mount", "v", { container: "c", driver: "local" }],
    ["volume", "mount", "v", { container: "c", driver: "local" }],
    ["volume", "mount", "w", { container: "c", driver: "local" }],
    ["container", "start", "c", NAMED, { run: first }],
    ["container", "exec_start: sh ", "c", { ...NAMED, execID: "e" }, { run: first }],
    ["container", "exec_start: sh ", "c", { ...NAMED, execID: "f" }, { run: first }],
    ["container", "exec_die", "c", { ...NAMED, execID: "e", exitCode: "0" }, { run: first }],
    ["network", "disconnect", "m", { container: "c", name: "mine", type: "bridge" }],
    ["volume", "unmount", "v", { container: "c", driver: "local" }],
    ["volume", "unmount", "w", { container: "c", driver: "local" }],
    ["volume", "mount", "v", { container: "unknown", driver: "local" }],
  ];
  expect(telling(...events).get("c")).toEqual({
    status: "running",
    run: first,
    attributes: NAMED,
    execs: { f: null },
    networks: { n: { name: "bridge", type: "bridge" } },
    volumes: { v: { driver: "local", times: 1 } },
  });
});

test("tell() counts the killer's strikes of one run", () => {
  const events: Parameters<typeof telling> = [
    ["container", "create", "c", NAMED],
    ["container", "start", "c", NAMED, { run: first }],
    ["container", "oom", "c", NAMED, { run: first, kills: 3 }],
    ["container", "oom", "c", NAMED, { run: first }],
  ];
  expect(telling(...events).get("c")!.kills).toBe(4);
  expect(
    telling(...events, ["container", "start", "c", NAMED, { run: second }]).get("c")!.kills,
  ).toBeUndefined();
});
