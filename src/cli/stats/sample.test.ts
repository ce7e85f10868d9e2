import { expect, test } from "bun:test";
import { sampleOf } from "./sample.ts";

test("sampleOf() works percents and sums out", () => {
  const sample = sampleOf({
    id: "abc",
    name: "/web",
    cpu_stats: { cpu_usage: { total_usage: 300 }, system_cpu_usage: 2000, online_cpus: 2 },
    precpu_stats: { cpu_usage: { total_usage: 100 }, system_cpu_usage: 1000 },
    memory_stats: { usage: 1000, limit: 2000, stats: { total_inactive_file: 500, inactive_file: 1 } },
    networks: { eth0: { rx_bytes: 1, tx_bytes: 2 }, eth1: { rx_bytes: 10, tx_bytes: 20 } },
    blkio_stats: {
      io_service_bytes_recursive: [
        { op: "Read", value: 5 },
        { op: "write", value: 6 },
        { op: "Total", value: 11 },
      ],
    },
    pids_stats: { current: 3 },
  });
  expect(sample).toEqual({
    id: "abc",
    name: "/web",
    cpuPercent: 40,
    memory: 500,
    memoryLimit: 2000,
    memoryPercent: 25,
    received: 11,
    sent: 22,
    read: 5,
    written: 6,
    processes: 3,
  });
});

test("sampleOf() makes zeros of a container that does not run", () => {
  const { cpuPercent, memory, memoryPercent, processes } = sampleOf({ id: "x", name: "/x" });
  expect([cpuPercent, memory, memoryPercent, processes]).toEqual([0, 0, 0, 0]);
});
