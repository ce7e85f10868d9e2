/** Bridge devices on the host. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { conflict } from "../../errors/errors.ts";
import { addAddress, deleteAddress, listAddresses } from "../../linux/netlink/address.ts";
import { createBridge, deleteLink, findLink, type Link, setLink } from "../../linux/netlink/link.ts";
import type { NetlinkSocket } from "../../linux/netlink/socket.ts";
import { ipv4Bytes, ipv4Of } from "../address/ipv4.ts";

export interface BridgeDevice {
  name: string;
  /** The address of the gateway. */
  address: number;
  prefix: number;
  mtu: number | undefined;
  /** Connections to 127.0.0.1 are redirected to containers: without the userland proxy. */
  routeLocal: boolean;
}

/** Makes the bridge, or takes up the one that is there; its address becomes the one told. */
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
  socket.run(setLink(link.index, { up: true }));
  return link;
}

function setAddress(socket: NetlinkSocket, index: number, { address, prefix }: BridgeDevice): void {
  const present = listAddresses(socket, index);
  const isOurs = (ip: { address: Uint8Array; prefix: number }) =>
    ipv4Of(ip.address) === address && ip.prefix === prefix;
  for (const ip of present) if (!isOurs(ip)) socket.run(deleteAddress(index, ip));
  if (present.some(isOurs)) return;
  const broadcast = ipv4Bytes((address | (prefix === 0 ? -1 : 2 ** (32 - prefix) - 1)) >>> 0);
  socket.run(addAddress(index, { address: ipv4Bytes(address), prefix, broadcast }));
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
