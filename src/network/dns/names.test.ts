import { expect, test } from "bun:test";
import { formatAddress } from "../address/ip.ts";
import type { EndpointRecord, SandboxRecord } from "../records.ts";
import type { SandboxRequest } from "../types.ts";
import { resolveAddress, resolveName } from "./names.ts";

function sandbox(name: string, ...endpoints: Partial<EndpointRecord>[]): SandboxRecord {
  const request = {
    containerID: `${name}-0123456789abcdef`,
    containerName: name,
    hostname: "",
  } as SandboxRequest;
  const full = endpoints.map((e) => ({ settings: {}, networkName: e.networkID, ...e }) as EndpointRecord);
  return { id: name, made: 0, request, endpoints: full, published: [], proxies: [], ports: {} };
}

const one = sandbox("one", { networkID: "red", address: "10.1.0.2", settings: { Aliases: ["Web"] } });
const two = sandbox("two", {
  networkID: "red",
  address: "10.1.0.3",
  address6: "fd00::3",
  settings: { Aliases: ["web"], Links: ["one:mine"] },
});
const three = sandbox(
  "three",
  { networkID: "blue", address: "10.2.0.2" },
  { networkID: "bridge", address: "172.17.0.2" },
);
const old = sandbox("old", { networkID: "bridge", address: "172.17.0.3" });
const all = [one, two, three, old];
const find = (asker: SandboxRecord, name: string, family: 4 | 6 = 4) =>
  resolveName(asker, all, name, family)?.map(formatAddress);

test("resolveName() finds names, aliases and names with their network's", () => {
  expect(find(one, "two")).toEqual(["10.1.0.3"]);
  expect(find(one, "two.red")).toEqual(["10.1.0.3"]);
  expect(find(one, "web")).toEqual(["10.1.0.2", "10.1.0.3"]);
  expect(find(one, "two", 6)).toEqual(["fd00::3"]);
});

test("resolveName() tells known names without an address from unknown ones", () => {
  expect(find(two, "one", 6)).toEqual([]);
  expect(find(two, "nobody", 6)).toBeUndefined();
});

test("resolveName() looks on the asker's own user-defined networks only", () => {
  expect(find(one, "three")).toBeUndefined();
  expect(find(one, "two.blue")).toBeUndefined();
  expect(find(three, "old")).toBeUndefined();
});

test("resolveName() knows links for the container that has them", () => {
  expect(find(two, "mine")).toEqual(["10.1.0.2"]);
  expect(find(one, "mine")).toBeUndefined();
});

test("resolveAddress() gives name and network", () => {
  expect(resolveAddress(one, all, "10.1.0.3")).toBe("two.red");
  expect(resolveAddress(one, all, "fd00:0:0::3")).toBe("two.red");
  expect(resolveAddress(one, all, "10.2.0.2")).toBeUndefined();
});
