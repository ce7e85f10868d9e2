/** IP addresses of both families as numbers, and subnets of them. */
import { isIPv6 } from "node:net";
import { invalidArgument } from "../../errors/errors.ts";

export type Family = 4 | 6;

export interface Address {
  family: Family;
  value: bigint;
}

export interface Subnet {
  family: Family;
  /** The first address of the subnet. */
  base: bigint;
  prefix: number;
}

/** Bits of an address. */
export const BITS: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

/** Reads "172.17.0.1" or "fd00::1"; undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  const value = text.includes(":") ? ipv6Value(text) : ipv4Value(text);
  return value === undefined ? undefined : { family: text.includes(":") ? 6 : 4, value };
}

function ipv4Value(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256n + BigInt(part);
  }
  return value;
}

function ipv6Value(text: string): bigint | undefined {
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const low = dotted && (ipv4Value(dotted[2]!) ?? 0n);
  const plain = dotted ? `${dotted[1]}${(low! >> 16n).toString(16)}:${(low! & 0xffffn).toString(16)}` : text;
  const [head = "", tail] = plain.split("::");
  const words = (part: string) => (part === "" ? [] : part.split(":"));
  const [front, back] = [words(head), words(tail ?? "")];
  const middle = Array<string>(8 - front.length - back.length).fill("0");
  return BigInt(`0x${[...front, ...middle, ...back].map((word) => word.padStart(4, "0")).join("")}`);
}

/** The usual text; of IPv6 the short form (RFC 5952). */
export function formatAddress({ family, value }: Address): string {
  return family === 4 ? addressBytes({ family, value }).join(".") : formatIPv6(value);
}

function formatIPv6(value: bigint): string {
  const words = value.toString(16).padStart(32, "0").match(/.{4}/g)!;
  const text = words.map((word) => word.replace(/^0{1,3}/, "")).join(":");
  const runs = [...text.matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)];
  const longest = runs.reduce<RegExpMatchArray | undefined>(
    (best, run) => (!best || run[0].length > best[0].length ? run : best),
    undefined,
  );
  if (!longest) return text;
  const end = longest.index! + longest[0].length;
  return `${text.slice(0, longest.index!).replace(/:$/, "")}::${text.slice(end).replace(/^:/, "")}`;
}

/** Four or sixteen bytes in network order. */
export function addressBytes({ family, value }: Address): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(BITS[family] / 4, "0"), "hex"));
}

/** The address of four or sixteen bytes. */
export const addressOf = (bytes: Uint8Array): Address => ({
  family: bytes.length === 4 ? 4 : 6,
  value: BigInt(`0x${Buffer.from(bytes).toString("hex")}`),
});

const hostBits = (family: Family, prefix: number) => (1n << BigInt(BITS[family] - prefix)) - 1n;

/** Reads "172.17.0.1/16", keeping the address. Errors: invalidArgument, in stock's words. */
export function parseCIDR(text: string): { address: Address; prefix: number } {
  const [ip = "", length = "", extra] = text.split("/");
  const address = parseAddress(ip);
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (!address || !(prefix <= BITS[address.family]) || extra !== undefined)
    throw invalidArgument(`invalid CIDR address: ${text}`);
  return { address, prefix };
}

/** Reads "172.17.0.0/16"; host bits are cleared. Errors: invalidArgument. */
export function parseSubnet(text: string): Subnet {
  const { address, prefix } = parseCIDR(text);
  const { family, value } = address;
  return { family, base: value & ~hostBits(family, prefix), prefix };
}

export const formatSubnet = ({ family, base, prefix }: Subnet): string =>
  `${formatAddress({ family, value: base })}/${prefix}`;

export const lastOf = (subnet: Subnet): bigint => subnet.base | hostBits(subnet.family, subnet.prefix);

export const contains = (subnet: Subnet, { family, value }: Address): boolean =>
  family === subnet.family && (value & ~hostBits(family, subnet.prefix)) === subnet.base;

export const overlaps = (a: Subnet, b: Subnet): boolean =>
  a.prefix < b.prefix
    ? contains(a, { family: b.family, value: b.base })
    : contains(b, { family: a.family, value: a.base });

/** Docker's MAC address of an IPv4 address: 02:42 and its four bytes. */
export const macOfIPv4 = (address: Address): string =>
  ["02", "42", ...[...addressBytes(address)].map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
