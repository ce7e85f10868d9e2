import { describe, expect, test } from "bun:test";
import {
  addressBytes,
  addressOf,
  contains,
  formatAddress,
  formatSubnet,
  macOfIPv4,
  overlaps,
  parseAddress,
  parseCIDR,
  parseSubnet,
} from "./ip.ts";

describe("parseAddress()", () => {
  test.each([
    ["172.17.0.1", 0xac110001n],
    ["::1", 1n],
    ["fd00::1:2", 0xfd000000000000000000000000010002n],
    ["::ffff:1.2.3.4", 0xffff01020304n],
  ])("reads %s", (text, value) => {
    expect(parseAddress(text)?.value).toBe(value);
  });
  test.each(["", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4/8", "::1%eth0", ":::", "12345::", "host"])(
    "refuses %p",
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
});

test.each(["10.0.0.1", "::", "::1", "fd00::1", "fd00:0:0:1::", "2001:db8:0:1:1:1:1:1", "1:2:3:4:5:6:7:8"])(
  "formatAddress() gives %s back, also by way of its bytes",
  (text) => {
    const address = parseAddress(text)!;
    expect(formatAddress(address)).toBe(text);
    expect(addressOf(addressBytes(address))).toEqual(address);
  },
);

test("subnets hold what is in them and overlap with parts of themselves only", () => {
  const subnet = parseSubnet("172.17.3.4/16");
  expect(formatSubnet(subnet)).toBe("172.17.0.0/16");
  expect(contains(subnet, parseAddress("172.17.255.255")!)).toBe(true);
  expect(contains(subnet, parseAddress("172.18.0.0")!)).toBe(false);
  expect(contains(subnet, parseAddress("fd00::")!)).toBe(false);
  expect(overlaps(subnet, parseSubnet("172.16.0.0/12"))).toBe(true);
  expect(overlaps(subnet, parseSubnet("172.18.0.0/16"))).toBe(false);
});

test.each(["172.17.0.0", "172.17.0.0/33", "fd00::/129", "1.2.3.4/8/8", "x/8"])(
  "parseCIDR() refuses %s",
  (text) => {
    expect(() => parseCIDR(text)).toThrow(`invalid CIDR address: ${text}`);
  },
);

test("macOfIPv4() is 02:42 and the address", () => {
  expect(macOfIPv4(parseAddress("172.17.0.2")!)).toBe("02:42:ac:11:00:02");
});
