import { forbidden, unavailable } from "../../errors/errors.ts";
import { findLink } from "../../linux/netlink/link.ts";
import type { NetlinkSocket } from "../../linux/netlink/socket.ts";
import { parseSubnet } from "../address/ip.ts";
import type { NetworkDriver } from "../driver.ts";
import { bridgeRules, portRules } from "../firewall/rules.ts";
import type { NetworkRecord } from "../records.ts";
import { plugBridge } from "../sandbox/interfaces.ts";
import { ensureBridge, removeBridge } from "./device.ts";
import { bridgeOptions } from "./options.ts";

export interface BridgeDriverOptions {
  userlandProxy: boolean;
  /** A bridge that somebody else made and keeps: it is used as it is. */
  foreignBridge: string | undefined;
}

/** Networks on a bridge of this host, behind the host's own address. */
export function bridgeDriver(host: NetlinkSocket, options: BridgeDriverOptions): NetworkDriver {
  const { userlandProxy, foreignBridge } = options;
  return {
    hasMac: true,
    check(network, others) {
      const { name } = bridgeOptions(network);
      const other = others.find((one) => one.driver === "bridge" && one.device === name);
      if (other)
        throw forbidden(
          `cannot create network ${network.id} (${name}): conflicts with network ${other.id} (${name}): networks have same bridge name`,
        );
      network.device = name;
    },
    up(network) {
      const { name, mtu, icc } = bridgeOptions(network);
      if (name === foreignBridge) {
        if (findLink(host, name)) return;
        throw unavailable(`bridge device with non default name ${name} must be created manually`);
      }
      ensureBridge(host, {
        name,
        mtu,
        addresses: gatewayAddresses(network),
        routeLocal: !userlandProxy,
        filterFrames: !icc,
      });
    },
    down(network) {
      if (network.device !== undefined && network.device !== foreignBridge)
        removeBridge(host, network.device);
    },
    rules: (network) => rulesOf(network, userlandProxy),
    plug: (network, plug) => ({ hostLink: plugBridge(host, plug, network.device!, !userlandProxy) }),
    portRules: (network, published) =>
      published.flatMap((port) => portRules(port, network.device!, userlandProxy)),
    hostBinding: (network) => bridgeOptions(network).hostBinding,
    gateways: (network, { gateway, gateway6 }) =>
      network.internal ? [] : [gateway, gateway6].flatMap((one) => (one ? [one] : [])),
  };
}

function rulesOf(network: NetworkRecord, userlandProxy: boolean) {
  const { icc, masquerade } = bridgeOptions(network);
  const { internal, ipv6 } = network;
  return ([4, 6] as const).flatMap((family) => {
    const found = network.ipam.find(({ Subnet }) => parseSubnet(Subnet).family === family)?.Subnet;
    const subnet = family === 4 || ipv6 ? (found ?? "") : "";
    const net = { family, bridge: network.device!, subnet, internal, icc, masquerade };
    return bridgeRules(net, userlandProxy);
  });
}

/** "172.18.0.1/16" for each subnet. */
function gatewayAddresses({ ipam, gateways, ipv6 }: NetworkRecord): string[] {
  return ipam.flatMap(({ Subnet }, i) => {
    const { family, prefix } = parseSubnet(Subnet);
    return gateways[i] && (family === 4 || ipv6) ? [`${gateways[i]}/${prefix}`] : [];
  });
}
