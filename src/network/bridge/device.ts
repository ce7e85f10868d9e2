/** Bridge devices on the host. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { conflict } from "../../errors/errors.ts";
import { addAddress, deleteAddress, listAddresses } from "../../linux/netlink/address.ts";
import { createBridge, deleteLink, findLink, type Link, setLink } from "../../linux/netlink/link.ts";
import type { NetlinkSocket } from "../../linux/netlink/socket.ts";
import { type Address, addressBytes, addressOf, lastOf, parseCIDR, parseSubnet } from "../address/ip.ts";

export interface BridgeDevice {
  name: string;
  /** The gateways' addresses, "172.18.0.1/16", of both families. */
  addresses: readonly string[];
  mtu: number | undefined;
  /** Connections to 127.0.0.1 are redirected to containers: without the userland proxy. */
  routeLocal: boolean;
  /** Frames between its ports go through the firewall. */
  filterFrames: boolean;
}

const LINK_LOCAL = "fe80::1/64";

/** Makes the bridge, or takes up the one that is there; its addresses become those told. */
export function ensureBridge(socket: NetlinkSocket, bridge: BridgeDevice): Link {
  let link = findLink(socket, bridge.name);
  if (link && link.kind !== "bridge")
    throw conflict(
      `cannot use ${bridge.name} as a bridge: it is an interface of kind ${link.kind ?? "device"}`,
    );
  if (!link) {
    const mac = `02:42:${randomBytes(4).toString("hex").match(/../g)!.join(":")}`;
    socket.run(createBridge({ name: bridge.name, mac, mtu: bridge.mtu }));
    link = findLink(socket, bridge.name)!;
    // The engine's bridges take no routes from whoever is connected to them.
    setSysctl(`net/ipv6/conf/${bridge.name}/accept_ra`, "0");
  }
  setAddress(socket, link.index, bridge);
  if (bridge.routeLocal) setSysctl(`net/ipv4/conf/${bridge.name}/route_localnet`, "1");
  if (bridge.filterFrames) setSysctl("net/bridge/bridge-nf-call-iptables", "1");
  socket.run(setLink(link.index, { up: true }));
  return link;
}

function setAddress(socket: NetlinkSocket, index: number, { name, addresses }: BridgeDevice): void {
  const v4 = addresses.filter((text) => !text.includes(":"));
  const v6 = addresses.filter((text) => text.includes(":"));
  bringInLine(socket, index, 4, v4);
  if (v6.length === 0) return;
  setSysctl(`net/ipv6/conf/${name}/disable_ipv6`, "0");
  bringInLine(socket, index, 6, [...v6, LINK_LOCAL]);
}

/** The addresses of one family become those told; link-local ones that the kernel gave stay. */
function bringInLine(socket: NetlinkSocket, index: number, family: 4 | 6, texts: string[]): void {
  const wanted = texts.map((text) => ({ ...parseCIDR(text), text }));
  const present = listAddresses(socket, index, family);
  const same = (a: Address, b: Address) => a.family === b.family && a.value === b.value;
  for (const ip of present) {
    const address = addressOf(ip.address);
    const stays = wanted.some((one) => same(one.address, address) && one.prefix === ip.prefix);
    if (!stays && !(family === 6 && address.value >> 118n === 0x3fan)) socket.run(deleteAddress(index, ip));
  }
  for (const { address, prefix, text } of wanted) {
    if (present.some((ip) => same(addressOf(ip.address), address) && ip.prefix === prefix)) continue;
    socket.run(addAddress(index, { address: addressBytes(address), prefix, ...broadcastOf(text) }));
  }
}

/** IPv4 addresses get the subnet's broadcast address. */
export function broadcastOf(cidr: string): { broadcast?: Uint8Array } {
  const subnet = parseSubnet(cidr);
  if (subnet.family === 6) return {};
  return { broadcast: addressBytes({ family: 4, value: lastOf(subnet) }) };
}

/** Removes a bridge; fine when it is not there. */
export function removeBridge(socket: NetlinkSocket, name: string): void {
  const link = findLink(socket, name);
  if (link?.kind === "bridge") socket.run(deleteLink(link.index));
}

/** Writes below /proc/sys where the kernel has the setting. */
export function setSysctl(path: string, value: string): void {
  try {
    writeFileSync(`/proc/sys/${path}`, value);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") throw error;
  }
}
