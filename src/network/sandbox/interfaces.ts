/** Interfaces of a sandbox: plugged into a bridge or onto a parent's wire, given addresses and routes. */
import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { unavailable } from "../../errors/errors.ts";
import { addAddress, addRoute, deleteRoute } from "../../linux/netlink/address.ts";
import {
  createIpvlan,
  createMacvlan,
  createVeth,
  deleteLink,
  findLink,
  setHairpin,
  setLink,
} from "../../linux/netlink/link.ts";
import type { NamedRequest, NetlinkSocket } from "../../linux/netlink/socket.ts";
import { addressBytes, parseAddress, parseCIDR } from "../address/ip.ts";
import { broadcastOf } from "../bridge/device.ts";
import { enableIPv6 } from "./namespace.ts";

/** What an interface in a sandbox is to be. */
export interface Plug {
  netnsPath: string;
  /** A netlink socket inside. */
  inside: NetlinkSocket;
  /** "eth0" */
  name: string;
  /** Undefined where the kernel decides (ipvlan). */
  mac: string | undefined;
  /** "172.17.0.2/16" */
  addresses: readonly string[];
  mtu: number | undefined;
}

const randomName = (prefix: string) => `${prefix}${randomBytes(4).toString("hex").slice(0, 7)}`;

/** Joins the sandbox to a bridge by a veth pair, and returns the name of the host's end. */
export function plugBridge(host: NetlinkSocket, plug: Plug, bridge: string, hairpin: boolean): string {
  const master = findLink(host, bridge);
  if (!master) throw unavailable(`bridge ${bridge} is gone: restart dockerd, which makes it again`);
  const hostLink = randomName("veth");
  withNetns(plug.netnsPath, (netns) => {
    const { name, mac, mtu } = plug;
    host.run(createVeth({ name: hostLink, up: true, master: master.index, mtu }, { name, mac, mtu }, netns));
  });
  if (hairpin) host.run(setHairpin(findLink(host, hostLink)!.index, true));
  configure(plug);
  return hostLink;
}

/** Gives the sandbox an interface of its own on the parent's wire. */
export function plugMacvlan(host: NetlinkSocket, plug: Plug, parent: string, mode: number): void {
  plugChild(host, plug, parent, (index, netns, name) =>
    createMacvlan({ name, mac: plug.mac, mtu: plug.mtu }, index, mode, netns),
  );
}

/** As plugMacvlan(), sharing the parent's MAC address. */
export function plugIpvlan(
  host: NetlinkSocket,
  plug: Plug,
  parent: string,
  mode: number,
  flag: number,
): void {
  plugChild(host, plug, parent, (index, netns, name) =>
    createIpvlan({ name, mtu: plug.mtu }, { parent: index, mode, flag }, netns),
  );
}

type MakeChild = (parent: number, netns: number, name: string) => NamedRequest;

function plugChild(host: NetlinkSocket, plug: Plug, parent: string, make: MakeChild): void {
  const link = findLink(host, parent);
  if (!link) throw unavailable(`parent interface ${parent} is gone`);
  // A name of its own until it has arrived: the host may have an eth0 as well.
  const name = randomName("mv");
  withNetns(plug.netnsPath, (netns) => host.run(make(link.index, netns, name)));
  plug.inside.run(setLink(findLink(plug.inside, name)!.index, { name: plug.name }));
  configure(plug);
}

function withNetns(path: string, work: (fd: number) => void): void {
  const fd = openSync(path, "r");
  try {
    work(fd);
  } finally {
    closeSync(fd);
  }
}

function configure({ inside, name, addresses, netnsPath }: Plug): void {
  const link = findLink(inside, name)!;
  if (addresses.some((text) => text.includes(":"))) enableIPv6(netnsPath, "lo", name);
  const requests = addresses.map((text) => {
    const { address, prefix } = parseCIDR(text);
    return addAddress(link.index, { address: addressBytes(address), prefix, ...broadcastOf(text) });
  });
  inside.run(...requests, setLink(link.index, { up: true }));
}

/** The default routes over one interface: by gateway, or (with "") straight onto the wire. */
export interface DefaultRoutes {
  name: string;
  gateways: readonly string[];
}

const ZERO = { 4: new Uint8Array(4), 6: new Uint8Array(16) } as const;

function routeOf(link: number, gateway: string) {
  const address = parseAddress(gateway);
  if (address) return { link, gateway: addressBytes(address) };
  return { link, destination: { address: ZERO[4], prefix: 0 } };
}

/** Sends everything that has no route of its own over `name`. */
export function setDefaultRoutes(inside: NetlinkSocket, { name, gateways }: DefaultRoutes): void {
  const link = findLink(inside, name);
  if (link && gateways.length > 0)
    inside.run(...gateways.map((gateway) => addRoute(routeOf(link.index, gateway))));
}

/** Undoes setDefaultRoutes(); what is not there is no error. */
export function clearDefaultRoutes(inside: NetlinkSocket, { name, gateways }: DefaultRoutes): void {
  const link = findLink(inside, name);
  if (!link) return;
  for (const gateway of gateways) {
    try {
      inside.run(deleteRoute(routeOf(link.index, gateway)));
    } catch (error) {
      if ((error as { code?: string }).code !== "ESRCH") throw error;
    }
  }
}

/** Takes an interface out of the sandbox. */
export function unplug(inside: NetlinkSocket, name: string): void {
  const link = findLink(inside, name);
  if (link) inside.run(deleteLink(link.index));
}
