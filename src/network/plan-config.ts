/** Configuration networks: options kept under a name, from which networks are made (`--config-only`, `--config-from`). */
import { forbidden, notFound } from "../errors/errors.ts";
import type { Networks } from "./networks.ts";
import type { NetworkRecord } from "./records.ts";
import type { NetworkCreate } from "./types.ts";

/** Errors: forbidden, for fields that a configuration cannot have. */
export function checkConfiguration(request: NetworkCreate): void {
  if (request.Internal || request.Attachable || request.Scope)
    throw forbidden(
      "configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.",
    );
  if (request.ConfigFrom?.Network)
    throw forbidden("a configuration network cannot depend on another configuration network");
}

/** The request, with the options of the configuration that it names. Errors: notFound, forbidden. */
export function configured(networks: Networks, request: NetworkCreate, from: string): NetworkCreate {
  const { IPAM, Labels, Options, EnableIPv6 } = request;
  const own = [
    IPAM?.Config ?? [],
    Object.keys(IPAM?.Options ?? {}),
    Object.keys(Labels ?? {}),
    Object.keys(Options ?? {}),
  ];
  const driver = IPAM?.Driver || "default";
  if (EnableIPv6 || driver !== "default" || own.some((part) => part.length > 0))
    throw forbidden(
      "user specified configurations are not supported if the network depends on a configuration network",
    );
  const found = networks.named(from);
  if (!found?.configOnly) throw notFound(`configuration network ${JSON.stringify(from)} does not exist`);
  return {
    ...request,
    Options: found.options,
    Labels: found.labels,
    EnableIPv6: found.ipv6,
    IPAM: { Driver: found.ipamDriver, Options: found.ipamOptions ?? {}, Config: found.ipam },
  };
}

/** Errors: forbidden while a network is made from it. */
export function checkUnused(networks: Networks, { name, configOnly }: NetworkRecord): void {
  if (!configOnly || !networks.all().some(({ configFrom }) => configFrom === name)) return;
  throw forbidden(`error while removing network: configuration network ${JSON.stringify(name)} is in use`);
}
