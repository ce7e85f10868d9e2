import { describe, expect, test } from "bun:test";
import { checkAddresses } from "./check.ts";

const faults = (...configs: Parameters<typeof checkAddresses>[0]) => {
  try {
    checkAddresses(configs, true);
    return "";
  } catch (error) {
    return (error as Error).message.replace("invalid network config:\n", "");
  }
};

describe("checkAddresses() says, as stock 28,", () => {
  test.each([
    [{ Subnet: "10.9.0.0/24", IPRange: "10.9.0.128/25", Gateway: "10.9.0.9" }, ""],
    [{ Subnet: "x" }, "invalid subnet x: invalid CIDR block notation"],
    [{}, "invalid subnet : invalid CIDR block notation"],
    [{ Subnet: "10.9.0.5/24" }, "invalid subnet 10.9.0.5/24: it should be 10.9.0.0/24"],
    [
      { Subnet: "10.9.0.0/24", Gateway: "10.9.1.1" },
      "invalid gateway 10.9.1.1: parent subnet 10.9.0.0/24 doesn't contain this address",
    ],
    [{ Subnet: "10.9.0.0/24", Gateway: "x" }, "invalid gateway x: invalid address"],
    [
      { Subnet: "10.9.0.0/24", Gateway: "fd00::1" },
      "invalid gateway fd00::1: parent subnet is an IPv4 block",
    ],
    [
      { Subnet: "10.9.0.0/24", IPRange: "10.9.0.130/25" },
      "invalid ip-range 10.9.0.130/25: it should be 10.9.0.128/25",
    ],
    [
      { Subnet: "10.9.0.0/24", IPRange: "10.8.0.0/16" },
      "* invalid ip-range 10.8.0.0/16: CIDR block is bigger than its parent subnet 10.9.0.0/24\n* invalid ip-range 10.8.0.0/16: parent subnet 10.9.0.0/24 doesn't contain ip-range",
    ],
    [
      { Subnet: "10.9.0.0/24", AuxiliaryAddresses: { a: "10.9.1.7" } },
      "invalid auxiliary address a: parent subnet 10.9.0.0/24 doesn't contain this address",
    ],
  ])("of %j: %s", (config, wrong) => {
    expect(faults(config)).toBe(wrong);
  });

  test("nothing of fields that are null, as some clients send what is not given", () => {
    const config = { Subnet: "10.9.0.0/24", IPRange: null, Gateway: null, AuxiliaryAddresses: null };
    expect(() => checkAddresses([config as object], false)).not.toThrow();
  });

  test("nothing of IPv6 subnets that a network without IPv6 does not use", () => {
    expect(() => checkAddresses([{ Subnet: "fd00::5/64" }], false)).not.toThrow();
  });
});
