import { describe, expect, test } from "bun:test";
import type { HealthState } from "../state/health.ts";
import { healthCheckOf } from "./check.ts";
import { applyResult } from "./monitor.ts";

const result = (ExitCode: number) => ({ Start: "", End: "", ExitCode, Output: "" });
const fresh = (): HealthState => ({ Status: "starting", FailingStreak: 0, Log: [] });

describe("applyResult()", () => {
  test("is unhealthy after as many failures in a row as retries allow", () => {
    const health = fresh();
    expect(applyResult(health, result(1), 2, false).changed).toBe(false);
    expect(applyResult(health, result(1), 2, false).changed).toBe(true);
    expect(health.Status).toBe("unhealthy");
  });

  test("one success makes it healthy again", () => {
    const health: HealthState = { Status: "unhealthy", FailingStreak: 7, Log: [] };
    applyResult(health, result(0), 3, false);
    expect(health).toMatchObject({ Status: "healthy", FailingStreak: 0 });
  });

  test("failures of the start period do not count, and five results are kept", () => {
    const health = fresh();
    for (let n = 0; n < 9; n++) applyResult(health, result(1), 1, true);
    expect(health).toMatchObject({ Status: "starting", FailingStreak: 0 });
    expect(health.Log.length).toBe(5);
  });
});

test("healthCheckOf() runs CMD-SHELL in the container's shell, and nothing for NONE", () => {
  const check = healthCheckOf({
    Healthcheck: { Test: ["CMD-SHELL", "true || x"] },
    Shell: ["/bin/ash", "-c"],
  });
  expect(check?.command).toEqual(["/bin/ash", "-c", "true || x"]);
  expect(healthCheckOf({ Healthcheck: { Test: ["NONE"] } })).toBeUndefined();
  expect(healthCheckOf({})).toBeUndefined();
});
