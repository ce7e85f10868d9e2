import type { RequestedEndpoint } from "../../network/types.ts";

/** The MAC address that is asked for is kept apart from the one that an endpoint has. */
export function requested(given: RequestedEndpoint): RequestedEndpoint {
  const { MacAddress, ...rest } = given;
  return MacAddress ? { ...rest, DesiredMacAddress: MacAddress } : rest;
}
