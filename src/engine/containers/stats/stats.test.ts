import { describe, expect, test } from "bun:test";
import { Metrics as V1 } from "../../../proto/io/containerd/cgroups/v1/metrics.ts";
import { Metrics as V2 } from "../../../proto/io/containerd/cgroups/v2/metrics.ts";
import { parseProcStat } from "./host.ts";
import { parseNetDev } from "./network.ts";
import { usageOfV1 } from "./usage-v1.ts";
import { usageOfV2 } from "./usage-v2.ts";

const host = { cpu: 70_000_000, cpus: 2, memory: 1000 };

test("parseProcStat() sums the first seven fields and counts processors", () => {
  expect(parseProcStat("cpu  1 1 1 1 1 1 1 50 50 50\ncpu0 1\ncpu1 1\nintr 5\n")).toEqual({
    cpu: 70_000_000,
    cpus: 2,
  });
});

test("parseNetDev() leaves the loopback out", () => {
  const text = `Inter-|   Receive |  Transmit
 face |bytes packets
    lo: 5 5 0 0 0 0 0 0 5 5 0 0 0 0 0 0
  eth0: 10 2 3 4 0 0 0 0 20 5 6 7 0 0 0 0
`;
  expect(parseNetDev(text)).toEqual({
    eth0: {
      rx_bytes: 10,
      rx_packets: 2,
      rx_errors: 3,
      rx_dropped: 4,
      tx_bytes: 20,
      tx_packets: 5,
      tx_errors: 6,
      tx_dropped: 7,
    },
  });
});

describe("usage of control groups", () => {
  test("version 1: the kernel's names, a limit that is none becomes the machine's memory", () => {
    const metrics = V1.encode({
      pids: { current: 3n, limit: 0n },
      memory: {
        totalPgpgin: 7n,
        hierarchicalMemswLimit: 2n ** 64n - 1n,
        usage: { usage: 5n, limit: 2n ** 63n, max: 6n },
      },
      cpu: { usage: { total: 9n, perCpu: [4n, 5n] } },
    });
    const usage = usageOfV1(metrics, host);
    expect(usage.pids_stats).toEqual({ current: 3 });
    expect(usage.memory_stats).toMatchObject({ usage: 5, max_usage: 6, limit: 1000 });
    expect(usage.memory_stats.stats).toMatchObject({
      total_pgpgin: 7,
      hierarchical_memsw_limit: 2 ** 63 - 1024,
    });
    expect(usage.cpu_stats).toMatchObject({
      cpu_usage: { total_usage: 9, percpu_usage: [4, 5] },
      online_cpus: 2,
    });
  });
  test("version 2: microseconds become nanoseconds, only memory.stat is in stats", () => {
    const metrics = V2.encode({
      memory: { usage: 5n, usageLimit: 100n, anonThp: 2n },
      cpu: { usageUsec: 3n },
      io: { usage: [{ major: 8n, minor: 0n, rbytes: 1n, wbytes: 2n }] },
    });
    const usage = usageOfV2(metrics, host);
    expect(usage.memory_stats).toMatchObject({ usage: 5, limit: 100 });
    expect(usage.memory_stats.stats).toMatchObject({ anon_thp: 2 });
    expect(usage.memory_stats.stats).not.toHaveProperty("usage");
    expect(usage.cpu_stats?.cpu_usage?.total_usage).toBe(3000);
    expect(usage.blkio_stats?.io_service_bytes_recursive).toEqual([
      { major: 8, minor: 0, op: "read", value: 1 },
      { major: 8, minor: 0, op: "write", value: 2 },
    ]);
  });
});
