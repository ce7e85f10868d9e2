/** Addresses and routes by rtnetlink (rtnetlink(7)). */
import { type Attribute, decodeAttributes, type Message, NLM_F } from "./message.ts";
import type { NamedRequest, NetlinkSocket } from "./socket.ts";

const RTM = { NEWADDR: 20, DELADDR: 21, GETADDR: 22, NEWROUTE: 24, DELROUTE: 25 } as const;
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4 } as const;
const RTA = { DST: 1, OIF: 4, GATEWAY: 5 } as const;
const AF_INET = 2;
const AF_INET6 = 10;
const IFA_F_NODAD = 2;
const IFA_F_PERMANENT = 0x80;
const RT_SCOPE_UNIVERSE = 0;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;
const ADDRESS_HEADER = 8;

export interface InterfaceAddress {
  /** Four or sixteen bytes. */
  address: Uint8Array;
  prefix: number;
  broadcast?: Uint8Array;
}

const familyOf = (address: Uint8Array) => (address.length === 4 ? AF_INET : AF_INET6);

function addressRequest(type: number, flags: number, link: number, ip: InterfaceAddress): NamedRequest {
  const body = Buffer.alloc(ADDRESS_HEADER);
  body[0] = familyOf(ip.address);
  body[1] = ip.prefix;
  // Duplicate detection would keep the address unusable for a second; the engine alone gives addresses out.
  if (ip.address.length === 16) body[2] = IFA_F_NODAD;
  body.writeUInt32LE(link, 4);
  const attributes: Attribute[] = [
    { type: IFA.LOCAL, value: ip.address },
    { type: IFA.ADDRESS, value: ip.address },
  ];
  if (ip.broadcast) attributes.push({ type: IFA.BROADCAST, value: ip.broadcast });
  const what = `address ${[...ip.address].join(".")}/${ip.prefix} of link ${link}`;
  return { type, flags, body, attributes, what };
}

/** Request that gives an interface an address. */
export const addAddress = (link: number, ip: InterfaceAddress): NamedRequest =>
  addressRequest(RTM.NEWADDR, NLM_F.CREATE | NLM_F.EXCL, link, ip);

/** Request that takes an address away from an interface. */
export const deleteAddress = (link: number, ip: InterfaceAddress): NamedRequest =>
  addressRequest(RTM.DELADDR, 0, link, ip);

function dumpAddresses(socket: NetlinkSocket, link: number, family: number): Message[] {
  const body = Buffer.alloc(ADDRESS_HEADER);
  body[0] = family;
  const answers = socket.dump({ type: RTM.GETADDR, body, what: "list addresses" });
  return answers.filter((m) => m.type === RTM.NEWADDR && m.body.readUInt32LE(4) === link);
}

/** The addresses of both families that nobody takes away again and that mean the same everywhere: no link-local ones. */
export function lastingAddresses(socket: NetlinkSocket, link: number): InterfaceAddress[] {
  return [AF_INET, AF_INET6]
    .flatMap((family) => dumpAddresses(socket, link, family))
    .filter(({ body }) => (body[2]! & IFA_F_PERMANENT) !== 0 && body[3] === RT_SCOPE_UNIVERSE)
    .flatMap(({ body }) => {
      const found = decodeAttributes(body, ADDRESS_HEADER);
      const address = found.get(IFA.LOCAL) ?? found.get(IFA.ADDRESS);
      const broadcast = found.get(IFA.BROADCAST);
      if (!address) return [];
      const settled = { address: Uint8Array.from(address), prefix: body[1] ?? 0 };
      return [broadcast ? { ...settled, broadcast: Uint8Array.from(broadcast) } : settled];
    });
}

/** The addresses of an interface, of IPv4 unless told otherwise. */
export function listAddresses(socket: NetlinkSocket, link: number, family: 4 | 6 = 4): InterfaceAddress[] {
  return dumpAddresses(socket, link, family === 4 ? AF_INET : AF_INET6).flatMap((m) => {
    const found = decodeAttributes(m.body, ADDRESS_HEADER);
    const address = found.get(IFA.LOCAL) ?? found.get(IFA.ADDRESS);
    return address ? [{ address: Uint8Array.from(address), prefix: m.body[1] ?? 0 }] : [];
  });
}

export interface RouteSpec {
  link: number;
  gateway?: Uint8Array;
  /** Undefined for the default route. */
  destination?: { address: Uint8Array; prefix: number };
}

function routeRequest(type: number, flags: number, route: RouteSpec): NamedRequest {
  const body = Buffer.alloc(12);
  const sample = route.gateway ?? route.destination?.address ?? new Uint8Array(4);
  body[0] = familyOf(sample);
  body[1] = route.destination?.prefix ?? 0;
  body[4] = RT_TABLE_MAIN;
  body[5] = RTPROT_BOOT;
  body[6] = route.gateway ? 0 : 253;
  body[7] = RTN_UNICAST;
  const attributes: Attribute[] = [{ type: RTA.OIF, value: route.link }];
  if (route.gateway) attributes.push({ type: RTA.GATEWAY, value: route.gateway });
  if (route.destination) attributes.push({ type: RTA.DST, value: route.destination.address });
  return { type, flags, body, attributes, what: `route via ${[...sample].join(".")} on link ${route.link}` };
}

/** Request that adds a route. */
export const addRoute = (route: RouteSpec): NamedRequest =>
  routeRequest(RTM.NEWROUTE, NLM_F.CREATE | NLM_F.EXCL, route);

/** Request that removes a route. */
export const deleteRoute = (route: RouteSpec): NamedRequest => routeRequest(RTM.DELROUTE, 0, route);
