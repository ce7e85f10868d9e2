/**
 * What a kind of network (bridge, macvlan, ...) does on the host. A driver keeps nothing: the record says it all, so
 * that every call can be repeated after a restart.
 */
import type { Rule } from "./firewall/rule.ts";
import type { EndpointRecord, NetworkRecord, PublishedPort } from "./records.ts";
import type { Plug } from "./sandbox/interfaces.ts";

export interface NetworkDriver {
  /** Completes the record of a new network (its device). Errors: invalidArgument, forbidden. */
  check(network: NetworkRecord, others: readonly NetworkRecord[]): void;
  /** Makes its devices, or takes up those that are there. */
  up(network: NetworkRecord): void;
  /** Removes what up() made; fine when it is not there. */
  down(network: NetworkRecord): void;
  /** Its firewall rules. */
  rules(network: NetworkRecord): Rule[];
  /** Puts an interface into a sandbox; undefined for networks that have none (host, none). */
  plug?(network: NetworkRecord, plug: Plug): { hostLink?: string };
  /** The rules of published ports; undefined where ports cannot be published. */
  portRules?(network: NetworkRecord, published: readonly PublishedPort[]): Rule[];
  /** The host's address for published ports that name none, if not the engine's default. */
  hostBinding?(network: NetworkRecord): string | undefined;
  /** The interface's own MAC address counts, so that one is given out. */
  readonly hasMac: boolean;
  /** Gateways of the default routes over the endpoint; "" is straight onto the wire; none if it leads nowhere. */
  gateways(network: NetworkRecord, endpoint: EndpointRecord): string[];
}

/** host and none: nothing on the host, nothing in the sandbox. */
export const plainDriver: NetworkDriver = {
  check() {},
  up() {},
  down() {},
  rules: () => [],
  hasMac: false,
  gateways: () => [],
};
