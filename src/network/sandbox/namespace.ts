/** The network namespace of a sandbox and the interfaces in it. */
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { addAddress, addRoute, deleteRoute } from "../../linux/netlink/address.ts";
import {
  createMacvlan,
  createVeth,
  deleteLink,
  findLink,
  listLinks,
  setHairpin,
  setLink,
} from "../../linux/netlink/link.ts";
import { NetlinkSocket } from "../../linux/netlink/socket.ts";
import { createNetns, inNetns } from "../../linux/netns.ts";
import { ipv4Bytes, parseIPv4 } from "../address/ipv4.ts";

const LOOPBACK = 1;

/** Makes and pins a namespace with loopback up and IPv6 off, and returns a netlink socket in it. */
export function makeNamespace(path: string): NetlinkSocket {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  return createNetns(path, () => {
    const socket = new NetlinkSocket();
    disableIPv6();
    socket.run(setLink(LOOPBACK, { up: true }));
    return socket;
  });
}

/** Docker leaves a container without IPv6 addresses, link-local ones too, unless its network has IPv6. */
function disableIPv6(): void {
  try {
    writeFileSync("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
  } catch {
    // A kernel without IPv6 has nothing to switch off.
  }
}

/** A netlink socket in a namespace that is there. */
export const openNamespace = (path: string): NetlinkSocket => inNetns(path, () => new NetlinkSocket());

export interface Plug {
  netnsPath: string;
  inside: NetlinkSocket;
  /** "eth0" */
  name: string;
  mac: string;
  address: string;
  prefix: number;
  mtu: number | undefined;
}

/** Joins the sandbox to a bridge by a veth pair, and returns the name of the host's end. */
export function plugBridge(host: NetlinkSocket, plug: Plug, bridge: string, hairpin: boolean): string {
  const master = findLink(host, bridge);
  if (!master) throw new Error(`bridge ${bridge} is gone`);
  const hostLink = `veth${randomBytes(4).toString("hex").slice(0, 7)}`;
  const netns = openSync(plug.netnsPath, "r");
  try {
    const { name, mac, mtu } = plug;
    host.run(createVeth({ name: hostLink, up: true, master: master.index, mtu }, { name, mac, mtu }, netns));
  } finally {
    closeSync(netns);
  }
  if (hairpin) host.run(setHairpin(findLink(host, hostLink)!.index, true));
  configure(plug);
  return hostLink;
}

/** Gives the sandbox an interface of its own on the parent's wire. */
export function plugMacvlan(host: NetlinkSocket, plug: Plug, parent: string, mode: number): void {
  const link = findLink(host, parent);
  if (!link) throw new Error(`parent interface ${parent} is gone`);
  const netns = openSync(plug.netnsPath, "r");
  // A name of its own until it has arrived: the host may have an eth0 as well.
  const name = `mv${randomBytes(4).toString("hex").slice(0, 7)}`;
  try {
    host.run(createMacvlan({ name, mac: plug.mac, mtu: plug.mtu }, link.index, mode, netns));
  } finally {
    closeSync(netns);
  }
  plug.inside.run(setLink(findLink(plug.inside, name)!.index, { name: plug.name }));
  configure(plug);
}

function configure({ inside, name, address, prefix }: Plug): void {
  const link = findLink(inside, name)!;
  const ip = parseIPv4(address)!;
  const broadcast = ipv4Bytes((ip | (2 ** (32 - prefix) - 1)) >>> 0);
  inside.run(
    addAddress(link.index, { address: ipv4Bytes(ip), prefix, broadcast }),
    setLink(link.index, { up: true }),
  );
}

/** Makes `gateway` on interface `name` the default route, instead of what was. */
export function setGateway(inside: NetlinkSocket, name: string, gateway: string): void {
  const link = findLink(inside, name)!;
  inside.run(addRoute({ link: link.index, gateway: ipv4Bytes(parseIPv4(gateway)!) }));
}

/** Removes the default route over interface `name`. */
export function clearGateway(inside: NetlinkSocket, name: string, gateway: string): void {
  const link = findLink(inside, name);
  if (link) inside.run(deleteRoute({ link: link.index, gateway: ipv4Bytes(parseIPv4(gateway)!) }));
}

/** Takes an interface out of the sandbox. */
export function unplug(inside: NetlinkSocket, name: string): void {
  const link = findLink(inside, name);
  if (link) inside.run(deleteLink(link.index));
}

/** "eth0", "eth1", ...: the first that is free in the sandbox. */
export function nextName(inside: NetlinkSocket): string {
  const names = new Set(listLinks(inside).map((link) => link.name));
  for (let i = 0; ; i++) if (!names.has(`eth${i}`)) return `eth${i}`;
}
