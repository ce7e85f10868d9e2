import type { EndpointReference } from "../../network/types.ts";
import type { EventBus } from "../events/bus.ts";

/** Tells that a container has joined or left networks, with the attributes that stock gives. */
export function publishEndpoints(
  events: EventBus,
  action: "connect" | "disconnect",
  container: string,
  endpoints: readonly EndpointReference[],
): void {
  for (const { networkID, networkName: name, driver: type } of endpoints)
    events.publish("network", action, networkID, { container, name, type });
}
