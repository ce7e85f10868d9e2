/** Options of the bridge driver (com.docker.network.*), read once. */
import { invalidArgument } from "../../errors/errors.ts";
import { parseAddress } from "../address/ip.ts";
import type { NetworkRecord } from "../records.ts";

const PREFIX = "com.docker.network.bridge.";
export const MTU_OPTION = "com.docker.network.driver.mtu";

export interface BridgeOptions {
  name: string;
  icc: boolean;
  masquerade: boolean;
  mtu: number | undefined;
  /** Address that published ports are bound to when none is given. */
  hostBinding: string | undefined;
}

/** The bridge of a network that names none. */
const bridgeNameOf = (networkID: string): string => `br-${networkID.slice(0, 12)}`;

/** Errors: invalidArgument for a value that cannot be. */
export function bridgeOptions(network: Pick<NetworkRecord, "id" | "options">): BridgeOptions {
  const { options } = network;
  const name = options[`${PREFIX}name`] || bridgeNameOf(network.id);
  if (name.length > 15 || /[\s/]/.test(name))
    throw invalidArgument(`invalid bridge name ${JSON.stringify(name)}: want at most 15 characters, no "/"`);
  const hostBinding = options[`${PREFIX}host_binding_ipv4`] || undefined;
  if (hostBinding !== undefined && !parseAddress(hostBinding))
    throw invalidArgument(`invalid ${PREFIX}host_binding_ipv4: ${hostBinding}`);
  return {
    name,
    icc: flag(options, `${PREFIX}enable_icc`),
    masquerade: flag(options, `${PREFIX}enable_ip_masquerade`),
    mtu: mtuOf(options[MTU_OPTION]),
    hostBinding,
  };
}

function flag(options: Record<string, string>, name: string): boolean {
  const value = options[name];
  if (value === undefined) return true;
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw invalidArgument(`invalid value for ${name}: ${JSON.stringify(value)} is not true or false`);
}

function mtuOf(value: string | undefined): number | undefined {
  if (value === undefined || value === "0") return undefined;
  if (!/^\d+$/.test(value) || Number(value) < 68 || Number(value) > 65535)
    throw invalidArgument(`invalid value for ${MTU_OPTION}: ${JSON.stringify(value)}`);
  return Number(value);
}
