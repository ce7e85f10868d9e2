import { describe, expect, test } from "bun:test";
import { ContainerState, STATUSES } from "./machine.ts";
import { stateFrom, stateRecordOf } from "./record.ts";
import { Waiters } from "./waiters.ts";

describe("ContainerState", () => {
  test("follows a container through its life", () => {
    const state = new ContainerState();
    for (const status of [
      "running",
      "paused",
      "running",
      "exited",
      "running",
      "restarting",
      "running",
      "exited",
      "removing",
    ] as const) {
      state.move(status);
      expect(state.status).toBe(status);
    }
  });

  test("refuses moves that make no sense, and names both states", () => {
    const state = new ContainerState("exited");
    expect(() => state.move("paused")).toThrow("container cannot go from exited to paused");
  });

  test("survives the way to disk and back, a removal cut short as dead", () => {
    for (const status of STATUSES) {
      const state = new ContainerState(status);
      if (status === "exited") state.startedAt = "2026-01-01T00:00:00Z";
      const back = stateFrom(stateRecordOf(state)).status;
      expect(back).toBe(status === "removing" ? "dead" : status);
    }
  });
});

test("Waiters: an exit does not settle those who wait for the removal", async () => {
  const waiters = new Waiters();
  const exit = waiters.exit();
  const removal = waiters.removal();
  waiters.exited({ exitCode: 3 });
  expect(await exit).toEqual({ exitCode: 3 });
  waiters.removed({ exitCode: 3 });
  expect((await removal).exitCode).toBe(3);
});
