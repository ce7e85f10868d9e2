import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBolt } from "../files/bolt/read.ts";
import { writeBolt } from "../files/bolt/write.ts";
import { networksIn, readDatabase, writeDatabase } from "./libnetwork-db.ts";
import type { NetworkRecord } from "./records.ts";
import { NetworkStore } from "./store.ts";

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

test("networks come back as they were, and those of other drivers are not stock's to know", () => {
  const vlans = [
    network({ id: "b".repeat(64), driver: "macvlan", options: { parent: "eth7" }, device: "eth7" }),
    network({
      id: "c".repeat(64),
      driver: "ipvlan",
      options: { ipvlan_mode: "l3" },
      device: "dm-cccccccccccc",
      deviceMade: true,
    }),
  ];
  writeDatabase(path, [network(), ...vlans, network({ id: "d".repeat(64), driver: "odd" })]);
  expect(networksIn(readDatabase(path)!)).toEqual([network(), ...vlans]);
});

test("a macvlan network is stored in the words of stock's driver", () => {
  const id = "b".repeat(64);
  writeDatabase(path, [network({ id, driver: "macvlan", options: { parent: "eth7" }, device: "eth7" })]);
  const stored = readDatabase(path)!.get(`docker/network/v1.0/macvlan/network/${id}/`)!;
  expect(JSON.parse(stored.toString("utf8", 8))).toEqual({
    CreatedSubIface: false,
    ID: id,
    Internal: false,
    Ipv4Subnets: '[{"SubnetIP":"10.1.0.0/16","GwIP":"10.1.0.9/16"}]',
    Ipv6Subnets: '[{"SubnetIP":"fd00::/64","GwIP":"fd00::1/64"}]',
    MacvlanMode: "bridge",
    Mtu: 0,
    Parent: "eth7",
  });
  writeDatabase(path, []);
  expect(readDatabase(path)!.size).toBe(0);
});

test("a macvlan network of before version 2, which is in no database, stays; one that stock has removed goes", () => {
  const store = new NetworkStore(folder, join(folder, "exec"));
  const vlan = network({ id: "b".repeat(64), driver: "macvlan", device: "eth7" });
  const own = join(folder, "files/networks.json");
  store.saveNetworks([network()]);
  writeFileSync(own, JSON.stringify({ version: 1, networks: [network(), vlan] }));
  expect(store.loadNetworks()).toEqual([network(), vlan]);
  store.saveNetworks([network(), vlan]);
  writeDatabase(join(folder, "files/local-kv.db"), [network()]);
  expect(store.loadNetworks()).toEqual([network()]);
});

test("entries of others stay, with those of the networks replaced", () => {
  const value = (text: string) => Buffer.concat([Buffer.alloc(8, 1), Buffer.from(text)]);
  writeBolt(path, new Map([["libnetwork", new Map([["docker/network/v1.0/endpoint/1/2/", value("{}")]])]]));
  writeDatabase(path, [network()]);
  writeDatabase(path, []);
  expect([...readBolt(path).get("libnetwork")!.keys()]).toEqual(["docker/network/v1.0/endpoint/1/2/"]);
  expect(readDatabase(join(folder, "none"))).toBeUndefined();
});
