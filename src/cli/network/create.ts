import { defineCommand } from "../command.ts";
import { checkLabel, keyValues } from "../labels.ts";
import { type IpamFlags, ipamConfigs } from "./ipam.ts";

export default defineCommand({
  usage: "[OPTIONS] NETWORK",
  summary: "Create a network",
  count: { least: 1, most: 1 },
  flags: {
    attachable: { kind: "bool", help: "Let containers be attached by hand" },
    "aux-address": {
      kind: "list",
      type: "map",
      help: "Addresses that the driver uses itself",
      shown: "map[]",
    },
    "config-from": { kind: "string", help: "Network to copy the configuration from" },
    "config-only": { kind: "bool", help: "Create a configuration for other networks only" },
    driver: { kind: "string", short: "d", help: "Driver of the network", shown: '"bridge"' },
    gateway: { kind: "list", type: "strings", help: "Gateway of the subnet, IPv4 or IPv6" },
    ingress: { kind: "bool", help: "Create the routing mesh of a swarm" },
    internal: { kind: "bool", help: "No way out of the network" },
    "ip-range": { kind: "list", type: "strings", help: "Part of the subnet to give addresses from" },
    "ipam-driver": { kind: "string", help: "Driver that manages addresses", shown: '"default"' },
    "ipam-opt": { kind: "list", type: "map", help: "Options of that driver", shown: "map[]" },
    ipv4: { kind: "bool", on: true, since: "1.48", help: "Give IPv4 addresses" },
    ipv6: { kind: "bool", help: "Give IPv6 addresses" },
    label: { kind: "list", help: "Set a label (NAME=VALUE)", check: checkLabel },
    opt: { kind: "list", short: "o", type: "map", help: "Options of the driver", shown: "map[]" },
    scope: { kind: "string", help: "Scope of the network" },
    subnet: { kind: "list", type: "strings", help: "Subnet of the network (CIDR)" },
  },
  async run(cli, { args, flags, given }) {
    const ipam: IpamFlags = {
      subnets: words(flags.subnet),
      ranges: words(flags["ip-range"]),
      gateways: words(flags.gateway),
      auxAddresses: keyValues(flags["aux-address"]),
    };
    const body = {
      Name: args[0]!,
      Driver: flags.driver ?? "bridge",
      Scope: flags.scope ?? "",
      ...(given.has("ipv4") ? { EnableIPv4: flags.ipv4 } : {}),
      ...(given.has("ipv6") ? { EnableIPv6: flags.ipv6 } : {}),
      IPAM: {
        Driver: flags["ipam-driver"] ?? "default",
        Options: keyValues(flags["ipam-opt"]),
        Config: ipamConfigs(ipam),
      },
      Internal: flags.internal,
      Attachable: flags.attachable,
      Ingress: flags.ingress,
      ConfigOnly: flags["config-only"],
      ConfigFrom: flags["config-from"] ? { Network: flags["config-from"] } : null,
      Options: keyValues(flags.opt),
      Labels: keyValues(flags.label),
    };
    const created = await cli.client.json<{ Id: string }>("POST", "/networks/create", {
      json: body,
    });
    cli.out(`${created.Id}\n`);
    return 0;
  },
});

const words = (values: readonly string[]) => values.flatMap((value) => value.split(","));
