/** Networks whose containers stand on the host's own wire, with addresses of that wire. */
import { errnoOf, invalidArgument, messageOf, notImplemented } from "../../errors/errors.ts";
import { IPVLAN_FLAGS, IPVLAN_MODES, MACVLAN_MODES } from "../../linux/netlink/link.ts";
import type { NetlinkSocket } from "../../linux/netlink/socket.ts";
import type { NetworkDriver } from "../driver.ts";
import type { EndpointRecord, NetworkRecord } from "../records.ts";
import { plugIpvlan, plugMacvlan } from "../sandbox/interfaces.ts";
import { chooseParent, ensureParent, removeParent } from "./parent.ts";

function choice(
  network: NetworkRecord,
  option: string,
  fallback: string,
  known: Record<string, number>,
): number {
  const wanted = network.options[option] || fallback;
  const value = known[wanted];
  if (value === undefined)
    throw invalidArgument(
      `requested ${option.replace("_", " ")} '${wanted}' is not valid, '${fallback}' mode is the default: want one of ${Object.keys(known).join(", ")}`,
    );
  return value;
}

const macvlanMode = (network: NetworkRecord) => choice(network, "macvlan_mode", "bridge", MACVLAN_MODES);
const ipvlanMode = (network: NetworkRecord) => choice(network, "ipvlan_mode", "l2", IPVLAN_MODES);
const ipvlanFlag = (network: NetworkRecord) => choice(network, "ipvlan_flag", "bridge", IPVLAN_FLAGS);

function byGateway(network: NetworkRecord, { gateway, gateway6 }: EndpointRecord): string[] {
  return network.internal ? [] : [gateway, gateway6].flatMap((one) => (one ? [one] : []));
}

/** Each container has a MAC address of its own on the parent's wire. */
export function macvlanDriver(host: NetlinkSocket): NetworkDriver {
  return {
    hasMac: true,
    check(network, others) {
      macvlanMode(network);
      chooseParent(network, others);
    },
    up: (network) => ensureParent(host, network),
    down: (network) => removeParent(host, network),
    rules: () => [],
    plug(network, plug) {
      known("macvlan", () => plugMacvlan(host, plug, network.device!, macvlanMode(network)));
      return {};
    },
    gateways: byGateway,
  };
}

/** All containers share the parent's MAC address. */
export function ipvlanDriver(host: NetlinkSocket): NetworkDriver {
  return {
    hasMac: false,
    check(network, others) {
      ipvlanMode(network);
      ipvlanFlag(network);
      chooseParent(network, others);
    },
    up: (network) => ensureParent(host, network),
    down: (network) => removeParent(host, network),
    rules: () => [],
    plug(network, plug) {
      known("ipvlan", () =>
        plugIpvlan(host, plug, network.device!, ipvlanMode(network), ipvlanFlag(network)),
      );
      return {};
    },
    gateways(network, endpoint) {
      if (network.internal || ipvlanMode(network) === IPVLAN_MODES["l2"]) return byGateway(network, endpoint);
      // L3: the parent routes, so the wire itself is the way out.
      return [""];
    },
  };
}

function known(kind: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    if (errnoOf(cause) !== "EOPNOTSUPP") throw cause;
    throw notImplemented(
      `${kind} interfaces are not in this kernel (${messageOf(cause)}): load the module ${kind}, or use a bridge network`,
      { cause },
    );
  }
}
