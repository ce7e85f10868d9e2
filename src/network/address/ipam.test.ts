import { expect, test } from "bun:test";
import { formatAddress, parseAddress, parseSubnet } from "./ip.ts";
import { AddressSpace } from "./ipam.ts";
import { SubnetPools } from "./pools.ts";

const address = (text: string) => parseAddress(text)!;

test("addresses are given out from the lowest that is free, and again once released", () => {
  const space = new AddressSpace(parseSubnet("10.0.0.0/30"));
  expect(formatAddress(space.next())).toBe("10.0.0.1");
  expect(formatAddress(space.next())).toBe("10.0.0.2");
  expect(() => space.next()).toThrow("no available IPv4 addresses on this network's address pools");
  space.release(address("10.0.0.1"));
  expect(formatAddress(space.next())).toBe("10.0.0.1");
});

test("a range narrows what is given out, not what may be asked for", () => {
  const space = new AddressSpace(parseSubnet("10.0.0.0/24"), parseSubnet("10.0.0.128/25"));
  expect(formatAddress(space.next())).toBe("10.0.0.128");
  expect(formatAddress(space.take(address("10.0.0.5")))).toBe("10.0.0.5");
  expect(() => space.take(address("10.0.0.5"))).toThrow("Address already in use");
  expect(() => space.take(address("10.0.1.5"))).toThrow(
    "It does not belong to any of this network's subnets",
  );
});

test("IPv6 addresses are given out without a walk through the whole subnet", () => {
  const space = new AddressSpace(parseSubnet("fd00::/64"));
  space.note(address("fd00::1"));
  expect(formatAddress(space.next())).toBe("fd00::2");
});

test("subnets come from the pools in turn, past those that are taken", () => {
  const pools = new SubnetPools([{ base: "10.8.0.0/14", size: 16 }]);
  const taken = [parseSubnet("10.9.0.0/24")];
  const next = () => formatAddress({ family: 4, value: pools.take(4, taken).base });
  expect([next(), next(), next(), next()]).toEqual(["10.8.0.0", "10.10.0.0", "10.11.0.0", "10.8.0.0"]);
  expect(() => pools.take(6, [])).toThrow("could not find an available, non-overlapping IPv6 address pool");
});
