/** IPv4 addresses as unsigned 32-bit numbers, and subnets of them. */
import { invalidArgument } from "../../errors/errors.ts";

export interface Subnet {
  /** The first address of the subnet. */
  base: number;
  prefix: number;
}

/** The number of "172.17.0.1"; undefined for anything else. */
export function parseIPv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export const formatIPv4 = (address: number): string => ipv4Bytes(address).join(".");

export const ipv4Bytes = (address: number): Uint8Array =>
  Uint8Array.of(address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255);

export const ipv4Of = (bytes: Uint8Array): number => Buffer.from(bytes).readUInt32BE(0);

const maskOf = (prefix: number) => (prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0);

/** Reads "172.17.0.0/16"; host bits are cleared. Errors: invalidArgument, in stock's words. */
export function parseSubnet(text: string): Subnet {
  const { address, prefix } = parseCIDR(text);
  return { base: (address & maskOf(prefix)) >>> 0, prefix };
}

/** Reads "172.17.0.1/16", keeping the address. Errors: invalidArgument. */
export function parseCIDR(text: string): { address: number; prefix: number } {
  const [ip = "", length = "", extra] = text.split("/");
  const address = parseIPv4(ip);
  const prefix = /^\d{1,2}$/.test(length) ? Number(length) : 33;
  if (address === undefined || prefix > 32 || extra !== undefined)
    throw invalidArgument(`invalid CIDR address: ${text}`);
  return { address, prefix };
}

export const formatSubnet = (subnet: Subnet): string => `${formatIPv4(subnet.base)}/${subnet.prefix}`;

export const lastOf = (subnet: Subnet): number => (subnet.base | ~maskOf(subnet.prefix)) >>> 0;

export const contains = (subnet: Subnet, address: number): boolean =>
  (address & maskOf(subnet.prefix)) >>> 0 === subnet.base;

export const overlaps = (a: Subnet, b: Subnet): boolean =>
  a.prefix < b.prefix ? contains(a, b.base) : contains(b, a.base);

/** Docker's MAC address of an IPv4 address: 02:42 and its four bytes. */
export const macOfIPv4 = (address: number): string =>
  ["02", "42", ...[...ipv4Bytes(address)].map((b) => b.toString(16).padStart(2, "0"))].join(":");
