import { describe, expect, test } from "bun:test";
import type { LinuxMemoryPolicy } from "../../oci/runtime-spec.ts";
import { testSpec } from "./facts.testing.ts";
import { memoryPolicyOps } from "./memory-policy.ts";

const policy = (memoryPolicy: Partial<LinuxMemoryPolicy>) =>
  memoryPolicyOps(
    testSpec(({ linux }) => {
      linux!.memoryPolicy = memoryPolicy as LinuxMemoryPolicy;
    }),
  );

describe("memoryPolicyOps()", () => {
  test("mode with its flags, and the nodes as a mask", () => {
    const flags = ["MPOL_F_STATIC_NODES", "MPOL_F_NUMA_BALANCING"];
    const nodes = new Uint8Array(128);
    nodes[0] = 0b1011;
    expect(policy({ mode: "MPOL_BIND", nodes: "0-1,3", flags })).toEqual([
      { op: "memoryPolicy", tag: "linux.memoryPolicy", mode: 2 | (1 << 15) | (1 << 13), nodes },
    ]);
    expect(policy({ mode: "MPOL_DEFAULT" })).toMatchObject([{ mode: 0, nodes: new Uint8Array(0) }]);
    expect(memoryPolicyOps(testSpec())).toEqual([]);
  });
  test("refuses what the kernel does not know, in runc's words", () => {
    expect(() => policy({})).toThrow('invalid memory policy mode ""');
    expect(() => policy({ mode: "toString" })).toThrow('invalid memory policy mode "toString"');
    expect(() => policy({ mode: "MPOL_BIND", nodes: "0", flags: ["x"] })).toThrow(
      'invalid memory policy flag "x"',
    );
    expect(() => policy({ mode: "MPOL_BIND", nodes: "0-9876543210" })).toThrow("invalid memory policy nodes");
    expect(() => policy({ mode: "MPOL_DEFAULT", nodes: "0-7" })).toThrow("mode requires 0 nodes but got 8");
  });
});
