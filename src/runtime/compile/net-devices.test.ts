import { describe, expect, test } from "bun:test";
import type { LinuxNetDevice } from "../../oci/runtime-spec.ts";
import { SYNC } from "../plan/ops.ts";
import { compileContainer } from "./container.ts";
import { testFacts, testSpec } from "./facts.testing.ts";
import { movedDevices } from "./net-devices.ts";

const withDevices = (netDevices: Record<string, LinuxNetDevice>, network = true) =>
  testSpec(({ linux }) => {
    if (network) linux!.namespaces!.push({ type: "network" });
    linux!.netDevices = netDevices;
  });

describe("linux.netDevices", () => {
  test("docker-runc is told what to move, and init waits for it", () => {
    const spec = withDevices({ eth7: {}, eth8: { name: "eth0" } });
    expect(movedDevices(spec, false)).toEqual([
      { from: "eth7", to: "eth7" },
      { from: "eth8", to: "eth0" },
    ]);
    const waits = compileContainer(spec, testFacts(), true).filter(({ op }) => op === "sync");
    expect(waits).toEqual([{ op: "sync", tag: "linux.netDevices", point: SYNC.netDevices }]);
    const without = compileContainer(withDevices({}), testFacts(), true);
    expect(without.some(({ op }) => op === "sync")).toBe(false);
  });
  test("refuses what cannot be, in runc's words", () => {
    expect(() => movedDevices(withDevices({ eth7: {} }, false), false)).toThrow(
      "unable to move network devices without a NET namespace",
    );
    expect(() => movedDevices(withDevices({ eth7: {} }), true)).toThrow("not supported for rootless");
    for (const name of [".", "..", "a/b", "a b", "a:b", "sixteen-letters!"]) {
      expect(() => movedDevices(withDevices({ [name]: {} }), false)).toThrow("invalid network device name");
      expect(() => movedDevices(withDevices({ eth7: { name } }), false)).toThrow(
        "invalid network device name",
      );
    }
    expect(() => movedDevices(withDevices({ a: { name: "x" }, b: { name: "x" } }), false)).toThrow(
      'two network devices would be "x"',
    );
  });
});
