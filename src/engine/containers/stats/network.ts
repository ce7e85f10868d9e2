import { readFileSync } from "node:fs";
import type { ContainerNetworkStats } from "../../../api/schema.ts";

/** Counters of the interfaces that a process sees, the loopback left out. */
export function networkUsage(pid: number): Record<string, ContainerNetworkStats> {
  return parseNetDev(readFileSync(`/proc/${pid}/net/dev`, "utf8"));
}

/** /proc/net/dev: two lines of titles, then "name: rx bytes packets errs drop fifo frame compressed multicast tx ...". */
export function parseNetDev(text: string): Record<string, ContainerNetworkStats> {
  const interfaces: Record<string, ContainerNetworkStats> = {};
  for (const line of text.split("\n").slice(2)) {
    const [name = "", rest] = line.split(":");
    if (rest === undefined || name.trim() === "lo") continue;
    const n = rest.trim().split(/\s+/).map(Number);
    interfaces[name.trim()] = {
      rx_bytes: n[0]!,
      rx_packets: n[1]!,
      rx_errors: n[2]!,
      rx_dropped: n[3]!,
      tx_bytes: n[8]!,
      tx_packets: n[9]!,
      tx_errors: n[10]!,
      tx_dropped: n[11]!,
    };
  }
  return interfaces;
}
