import { expect, test } from "bun:test";
import { type Told, tell, untold } from "./told.ts";

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

test("tell() follows a life, and keeps what later events need", () => {
  const known = new Map<string, Told>();
  tell(known, "create", "c", { name: "a", image: "i" }, "");
  tell(known, "start", "c", { name: "a", image: "i" }, first);
  tell(known, "exec_die", "c", { name: "a", exitCode: "1" }, first);
  tell(known, "rename", "c", { name: "b", image: "i", oldName: "/a" }, first);
  tell(known, "die", "c", { name: "b", image: "i", exitCode: "3", execDuration: "0" }, first);
  expect(known.get("c")).toEqual({ status: "exited", run: first, attributes: { name: "b", image: "i" } });
  tell(known, "destroy", "c", {}, first);
  expect(known.size).toBe(0);
});
