/** Network interfaces by rtnetlink (rtnetlink(7), linux/if_link.h). */
import { type Attribute, decodeAttributes, NLM_F } from "./message.ts";
import type { NamedRequest, NetlinkSocket } from "./socket.ts";

const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18 } as const;
const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  MASTER: 10,
  PROTINFO: 12,
  LINKINFO: 18,
  NET_NS_FD: 28,
} as const;
const IFLA_INFO = { KIND: 1, DATA: 2 } as const;
const VETH_INFO_PEER = 1;
const IFLA_MACVLAN_MODE = 1;
const IFLA_IPVLAN = { MODE: 1, FLAGS: 2 } as const;
const IFLA_VLAN_ID = 1;
const IFLA_BRPORT_HAIRPIN = 4;
const AF_BRIDGE = 7;
const IFF_UP = 1;
const LINK_HEADER = 16;

interface Header {
  family?: number;
  index?: number;
  up?: boolean;
}

/** struct ifinfomsg: family, type, index, flags, change. */
function linkHeader({ family = 0, index = 0, up }: Header): Uint8Array {
  const body = Buffer.alloc(LINK_HEADER);
  body[0] = family;
  body.writeInt32LE(index, 4);
  if (up !== undefined) {
    body.writeUInt32LE(up ? IFF_UP : 0, 8);
    body.writeUInt32LE(IFF_UP, 12);
  }
  return body;
}

export interface Link {
  index: number;
  name: string;
  up: boolean;
  mtu: number;
  /** Index of the bridge it is a port of; 0 if none. */
  master: number;
  /** "02:42:..." */
  mac: string;
  /** "veth", "bridge", ...; undefined for a device without a kind. */
  kind: string | undefined;
}

/** Six bytes of "02:42:ac:11:00:02". */
const macBytes = (mac: string): Uint8Array => Buffer.from(mac.replaceAll(":", ""), "hex");

const macText = (bytes: Uint8Array | undefined) =>
  [...(bytes ?? [])].map((b) => b.toString(16).padStart(2, "0")).join(":");

const text = (bytes: Buffer | undefined) => bytes?.toString("utf8").replace(/\0+$/, "");

function linkOf(body: Buffer): Link {
  const found = decodeAttributes(body, LINK_HEADER);
  const info = found.get(IFLA.LINKINFO);
  return {
    index: body.readInt32LE(4),
    name: text(found.get(IFLA.IFNAME)) ?? "",
    up: (body.readUInt32LE(8) & IFF_UP) !== 0,
    mtu: found.get(IFLA.MTU)?.readUInt32LE(0) ?? 0,
    master: found.get(IFLA.MASTER)?.readUInt32LE(0) ?? 0,
    mac: macText(found.get(IFLA.ADDRESS)),
    kind: info && text(decodeAttributes(info, 0).get(IFLA_INFO.KIND)),
  };
}

/** The interface of that name; undefined if there is none. */
export function findLink(socket: NetlinkSocket, name: string): Link | undefined {
  const attributes = [{ type: IFLA.IFNAME, value: name }];
  const answer = socket.get({
    type: RTM.GETLINK,
    body: linkHeader({}),
    attributes,
    what: `find link ${name}`,
  });
  return answer && linkOf(answer.body);
}

/** All interfaces of the namespace. */
export function listLinks(socket: NetlinkSocket): Link[] {
  const answers = socket.dump({ type: RTM.GETLINK, body: linkHeader({}), what: "list links" });
  return answers.filter((m) => m.type === RTM.NEWLINK).map((m) => linkOf(m.body));
}

export interface LinkSettings {
  up?: boolean;
  name?: string;
  mac?: string;
  mtu?: number;
  /** Index of a bridge to become a port of; 0 to leave it. */
  master?: number;
}

function settingAttributes(settings: LinkSettings): Attribute[] {
  const attributes: Attribute[] = [];
  if (settings.name !== undefined) attributes.push({ type: IFLA.IFNAME, value: settings.name });
  if (settings.mac !== undefined) attributes.push({ type: IFLA.ADDRESS, value: macBytes(settings.mac) });
  if (settings.mtu !== undefined) attributes.push({ type: IFLA.MTU, value: settings.mtu });
  if (settings.master !== undefined) attributes.push({ type: IFLA.MASTER, value: settings.master });
  return attributes;
}

/** Request that changes an interface. */
export function setLink(index: number, settings: LinkSettings): NamedRequest {
  return {
    type: RTM.NEWLINK,
    body: linkHeader({ index, up: settings.up }),
    attributes: settingAttributes(settings),
    what: `set link ${index} ${JSON.stringify(settings)}`,
  };
}

function createLink(settings: LinkSettings, kind: string, data?: Attribute[]): NamedRequest {
  const info: Attribute[] = [{ type: IFLA_INFO.KIND, value: kind }];
  if (data) info.push({ type: IFLA_INFO.DATA, value: data });
  return {
    type: RTM.NEWLINK,
    flags: NLM_F.CREATE | NLM_F.EXCL,
    body: linkHeader({ up: settings.up }),
    attributes: [...settingAttributes(settings), { type: IFLA.LINKINFO, value: info }],
    what: `create ${kind} ${settings.name ?? ""}`,
  };
}

/** Request that makes a bridge. */
export const createBridge = (settings: LinkSettings): NamedRequest => createLink(settings, "bridge");

/** Request that makes a dummy interface, the parent of a macvlan network that has none of its own. */
export const createDummy = (settings: LinkSettings): NamedRequest => createLink(settings, "dummy");

/** Request that makes a veth pair: `here` in the socket's namespace, `peer` in the one that `peerNetns` refers to. */
export function createVeth(here: LinkSettings, peer: LinkSettings, peerNetns: number): NamedRequest {
  const attributes = [...settingAttributes(peer), { type: IFLA.NET_NS_FD, value: peerNetns }];
  const prefix = linkHeader({ up: peer.up });
  return createLink(here, "veth", [{ type: VETH_INFO_PEER, value: attributes, prefix }]);
}

/** macvlan modes (linux/if_link.h). */
export const MACVLAN_MODES: Record<string, number> = { private: 1, vepa: 2, bridge: 4, passthru: 8 };

/** Request that makes a macvlan interface on `parent` inside the namespace that `netns` refers to. */
export function createMacvlan(
  settings: LinkSettings,
  parent: number,
  mode: number,
  netns: number,
): NamedRequest {
  const request = createLink(settings, "macvlan", [{ type: IFLA_MACVLAN_MODE, value: mode }]);
  const place = [
    { type: IFLA.LINK, value: parent },
    { type: IFLA.NET_NS_FD, value: netns },
  ];
  return { ...request, attributes: [...(request.attributes ?? []), ...place] };
}

/** ipvlan modes and flags (linux/if_link.h). */
export const IPVLAN_MODES: Record<string, number> = { l2: 0, l3: 1, l3s: 2 };
export const IPVLAN_FLAGS: Record<string, number> = { bridge: 0, private: 1, vepa: 2 };

/** Request that makes an ipvlan interface inside the namespace that `netns` refers to. */
export function createIpvlan(
  settings: LinkSettings,
  { parent, mode, flag }: { parent: number; mode: number; flag: number },
  netns: number,
): NamedRequest {
  const request = createLink(settings, "ipvlan", [
    { type: IFLA_IPVLAN.MODE, value: mode, size: 2 },
    { type: IFLA_IPVLAN.FLAGS, value: flag, size: 2 },
  ]);
  const place = [
    { type: IFLA.LINK, value: parent },
    { type: IFLA.NET_NS_FD, value: netns },
  ];
  return { ...request, attributes: [...(request.attributes ?? []), ...place] };
}

/** Request that makes the 802.1Q interface `settings.name` on `parent`. */
export function createVlan(settings: LinkSettings, parent: number, id: number): NamedRequest {
  const request = createLink(settings, "vlan", [{ type: IFLA_VLAN_ID, value: id, size: 2 }]);
  return { ...request, attributes: [...(request.attributes ?? []), { type: IFLA.LINK, value: parent }] };
}

/** Request that lets a bridge send a frame back out of the port that it came from. */
export function setHairpin(index: number, on: boolean): NamedRequest {
  const value: Attribute[] = [{ type: IFLA_BRPORT_HAIRPIN, value: on ? 1 : 0, size: 1 }];
  return {
    type: RTM.NEWLINK,
    body: linkHeader({ family: AF_BRIDGE, index }),
    attributes: [{ type: IFLA.PROTINFO, value }],
    what: `set hairpin of link ${index}`,
  };
}

/** Request that moves an interface, which gets that name there, to the namespace that `netns` refers to. */
export function moveLink(index: number, name: string, netns: number): NamedRequest {
  return {
    type: RTM.NEWLINK,
    body: linkHeader({ index }),
    attributes: [
      { type: IFLA.IFNAME, value: name },
      { type: IFLA.NET_NS_FD, value: netns },
    ],
    what: `move link ${index} as ${name}`,
  };
}

/** Request that removes an interface (of a veth pair, both ends). */
export function deleteLink(index: number): NamedRequest {
  return { type: RTM.DELLINK, body: linkHeader({ index }), what: `delete link ${index}` };
}
