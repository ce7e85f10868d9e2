import type { EndpointSettings } from "../../../api/schema.ts";
import { splitCsv } from "./csv.ts";

/** One --network value and what belongs to it. */
export interface Attachment {
  target: string;
  aliases: string[];
  links: string[];
  driverOptions: Record<string, string>;
  linkLocal: string[];
  ipv4: string;
  ipv6: string;
  mac: string;
  priority: number;
}

const EMPTY = { ipv4: "", ipv6: "", mac: "", priority: 0 };

export const attachmentTo = (target: string): Attachment => ({
  ...EMPTY,
  target,
  aliases: [],
  links: [],
  driverOptions: {},
  linkLocal: [],
});

/** A --network value: NAME, or name=NAME,alias=... Errors: in the words of the docker client. */
export function parseAttachment(text: string): Attachment {
  if (!/\w+=\w+/.test(text)) return attachmentTo(text);
  const attachment = attachmentTo("");
  for (const field of splitCsv(text)) {
    const [key, value] = cut(field.toLowerCase());
    if (key === "" || value === undefined) throw new Error(`invalid field ${field}`);
    const apply = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
    if (!apply) throw new Error(`invalid field key ${key}`);
    apply(attachment, value);
  }
  if (attachment.target === "") throw new Error("network name/id is not specified");
  return attachment;
}

/** Checks a value while the flags are read. */
export function checkAttachment(text: string): string {
  parseAttachment(text);
  return text;
}

function cut(text: string): [key: string, value: string | undefined] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, undefined] : [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
}

const FIELDS: Record<string, (to: Attachment, value: string) => void> = {
  name: (to, value) => {
    to.target = value;
  },
  alias: (to, value) => void to.aliases.push(value),
  ip: (to, value) => {
    to.ipv4 = value;
  },
  ip6: (to, value) => {
    to.ipv6 = value;
  },
  "mac-address": (to, value) => {
    to.mac = value;
  },
  "link-local-ip": (to, value) => void to.linkLocal.push(value),
  "driver-opt": (to, value) => {
    const [key, option] = cut(value);
    if (key === "" || option === undefined)
      throw new Error("invalid key value pair format in driver options");
    to.driverOptions[key] = option;
  },
  "gw-priority": (to, value) => {
    if (!/^[+-]?\d+$/.test(value)) throw new Error(`invalid gw-priority (${value}): invalid syntax`);
    to.priority = Number(value);
  },
};

/** Whether the name is a network's, not one of the modes every engine has. */
export const isUserDefined = (target: string): boolean =>
  !["", "default", "bridge", "host", "none"].includes(target) && !target.startsWith("container:");

export const isMac = (text: string): boolean =>
  /^([0-9a-f]{2}([:-])([0-9a-f]{2}\2){4}[0-9a-f]{2}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})$/i.test(text);

/** The engine's form of an attachment. Errors: in the words of the docker client. */
export function endpointOf(attachment: Attachment): EndpointSettings {
  const { target, aliases, links, ipv4, ipv6, linkLocal, mac, priority, driverOptions } = attachment;
  if (target.trim() === "") throw new Error("no name set for network");
  if (!isUserDefined(target)) {
    if (aliases.length > 0)
      throw new Error("network-scoped aliases are only supported for user-defined networks");
    if (links.length > 0) throw new Error("links are only supported for user-defined networks");
  }
  if (mac !== "" && !isMac(mac)) throw new Error(`${mac} is not a valid mac address`);
  const addressed = ipv4 !== "" || ipv6 !== "" || linkLocal.length > 0;
  return {
    ...(priority === 0 ? {} : { GwPriority: priority }),
    ...(aliases.length === 0 ? {} : { Aliases: aliases }),
    ...(Object.keys(driverOptions).length === 0 ? {} : { DriverOpts: driverOptions }),
    ...(links.length === 0 ? {} : { Links: links }),
    ...(addressed ? { IPAMConfig: { IPv4Address: ipv4, IPv6Address: ipv6, LinkLocalIPs: linkLocal } } : {}),
    ...(mac === "" ? {} : { MacAddress: mac }),
  };
}
