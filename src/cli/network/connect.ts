import { defineCommand } from "../command.ts";
import { keyValues } from "../labels.ts";
import { networkPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] NETWORK CONTAINER",
  summary: "Connect a container to a network",
  count: { least: 2, most: 2 },
  flags: {
    alias: { kind: "list", type: "strings", help: "Further name of the container in this network" },
    "driver-opt": { kind: "list", type: "strings", help: "Options for the network's driver (NAME=VALUE)" },
    "gw-priority": { kind: "int", help: "The network with the highest one gives the default gateway" },
    ip: { kind: "string", help: 'IPv4 address ("172.30.100.104")' },
    ip6: { kind: "string", help: 'IPv6 address ("2001:db8::33")' },
    link: { kind: "list", help: "Make another container known under a name", check: checkLink },
    "link-local-ip": { kind: "list", type: "strings", help: "Link-local address for the container" },
  },
  async run(cli, { args, flags }) {
    const [network, container] = args as [string, string];
    const endpoint = {
      IPAMConfig: ipamConfig(flags.ip, flags.ip6, words(flags["link-local-ip"])),
      Links: flags.link,
      Aliases: words(flags.alias),
      DriverOpts: driverOptions(words(flags["driver-opt"])),
      GwPriority: flags["gw-priority"] ?? 0,
    };
    await cli.client.call("POST", networkPath(network, "/connect"), {
      json: { Container: container, EndpointConfig: endpoint },
    });
    return 0;
  },
});

/** The values of a flag that takes several, separated by commas. */
const words = (values: readonly string[]) => values.flatMap((value) => value.split(","));

function ipamConfig(ip = "", ip6 = "", local: readonly string[] = []) {
  if (ip === "" && ip6 === "" && local.length === 0) return {};
  return {
    ...(ip === "" ? {} : { IPv4Address: ip }),
    ...(ip6 === "" ? {} : { IPv6Address: ip6 }),
    ...(local.length === 0 ? {} : { LinkLocalIPs: local }),
  };
}

function driverOptions(values: readonly string[]): Record<string, string> | null {
  if (values.length === 0) return null;
  if (values.some((value) => !/^[^=]+=/.test(value)))
    throw new Error("invalid key/value pair format in driver options");
  return keyValues(values);
}

/** CONTAINER[:NAME]. */
function checkLink(text: string): string {
  const parts = text.split(":");
  if (text === "") throw new Error("empty string specified for links");
  if (parts.length > 2) throw new Error(`bad format for links: ${text}`);
  return parts.length === 1 ? `${text}:${text}` : text;
}
