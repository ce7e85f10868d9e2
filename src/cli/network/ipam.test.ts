import { describe, expect, test } from "bun:test";
import { ipamConfigs } from "./ipam.ts";

const config = (flags: Partial<Parameters<typeof ipamConfigs>[0]>) =>
  ipamConfigs({ subnets: [], ranges: [], gateways: [], auxAddresses: {}, ...flags });

describe("ipamConfigs()", () => {
  test("gives each subnet the range, gateway and addresses that lie in it", () => {
    const flags = {
      subnets: ["10.1.0.0/16", "fd00::/64"],
      ranges: ["fd00::1:0/112", "10.1.5.0/24"],
      gateways: ["10.1.0.1", "fd00::1"],
      auxAddresses: { router: "10.1.0.2" },
    };
    expect(config(flags)).toEqual([
      {
        Subnet: "10.1.0.0/16",
        IPRange: "10.1.5.0/24",
        Gateway: "10.1.0.1",
        AuxiliaryAddresses: { router: "10.1.0.2" },
      },
      { Subnet: "fd00::/64", IPRange: "fd00::1:0/112", Gateway: "fd00::1" },
    ]);
  });
  test("refuses what lies in none, what comes twice, and overlapping subnets", () => {
    const subnets = ["10.1.0.0/16", "10.2.0.0/16"];
    expect(() => config({ gateways: ["10.1.0.1"] })).toThrow(
      "every ip-range or gateway must have a corresponding subnet",
    );
    expect(() => config({ subnets, gateways: ["10.3.0.1"] })).toThrow(
      "no matching subnet for gateway 10.3.0.1",
    );
    expect(() => config({ subnets, gateways: ["10.1.0.1", "10.1.0.2"] })).toThrow(
      "cannot configure multiple gateways (10.1.0.2, 10.1.0.1) for the same subnet (10.1.0.0/16)",
    );
    expect(() => config({ subnets: ["10.1.0.0/16", "10.1.2.0/24"] })).toThrow("multiple overlapping subnet");
  });
  test.each(["10.1.0.0", "10.1.0/16", "10.1.0.0/33", "1:2/16", "::1::/64", "x"])(
    "%s is no subnet",
    (text) => {
      expect(() => config({ subnets: [text], gateways: ["10.1.0.1"] })).toThrow(
        `invalid CIDR address: ${text}`,
      );
    },
  );
});
