import type { NetworkDriver } from "../driver.ts";
import type { EndpointRecord, NetworkRecord } from "../records.ts";

export interface Candidate {
  endpoint: EndpointRecord;
  network: NetworkRecord;
  driver: NetworkDriver;
}

/**
 * The endpoint that the default route leads over: the highest GwPriority, then the first network by name, of those
 * that lead anywhere.
 */
export function gatewayOf(candidates: readonly Candidate[]): Candidate | undefined {
  const leading = candidates.filter(
    ({ driver, network, endpoint }) => driver.gateways(network, endpoint).length > 0,
  );
  const priority = ({ endpoint }: Candidate) => endpoint.settings.GwPriority ?? 0;
  return leading.toSorted((a, b) => priority(b) - priority(a) || compare(a.network.name, b.network.name))[0];
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
