import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBolt } from "../files/bolt/read.ts";
import { writeBolt } from "../files/bolt/write.ts";
import { networksIn, readDatabase, writeDatabase } from "./libnetwork-db.ts";
import type { NetworkRecord } from "./records.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "libnetwork-"));
  path = join(folder, "local-kv.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const network = (more: Partial<NetworkRecord> = {}): NetworkRecord => ({
  id: "a".repeat(64),
  name: "n1",
  created: "2026-01-01T00:00:00.000000000Z",
  driver: "bridge",
  internal: false,
  attachable: true,
  ingress: false,
  options: { "com.docker.network.driver.mtu": "1400" },
  labels: { x: "y" },
  ipamDriver: "default",
  ipamOptions: {},
  ipam: [
    {
      Subnet: "10.1.0.0/16",
      IPRange: "10.1.2.0/24",
      Gateway: "10.1.0.9",
      AuxiliaryAddresses: { h: "10.1.0.7" },
    },
    { Subnet: "fd00::/64", Gateway: "fd00::1" },
  ],
  gateways: ["10.1.0.9", "fd00::1"],
  subnetGiven: true,
  ipv6: true,
  device: "br-x",
  predefined: false,
  ...more,
});

test("a network comes back as it was, and those of other drivers are not stock's to know", () => {
  writeDatabase(path, [network(), network({ id: "b".repeat(64), driver: "macvlan" })]);
  expect(networksIn(readDatabase(path)!)).toEqual([network()]);
});

test("entries of others stay, with those of the networks replaced", () => {
  const value = (text: string) => Buffer.concat([Buffer.alloc(8, 1), Buffer.from(text)]);
  writeBolt(path, new Map([["libnetwork", new Map([["docker/network/v1.0/endpoint/1/2/", value("{}")]])]]));
  writeDatabase(path, [network()]);
  writeDatabase(path, []);
  expect([...readBolt(path).get("libnetwork")!.keys()]).toEqual(["docker/network/v1.0/endpoint/1/2/"]);
  expect(readDatabase(join(folder, "none"))).toBeUndefined();
});
