/** Joining containers to networks and taking them off, running or not. */
import { invalidArgument, isNotFound, messageOf, systemError } from "../../errors/errors.ts";
import type { EndpointReference, RequestedEndpoint } from "../../network/types.ts";
import type { Container } from "../containers/container.ts";
import { containerOf } from "../containers/create/modes.ts";
import type { Env } from "../containers/env.ts";
import { recordSandbox } from "../containers/lifecycle/network.ts";
import { saveContainer } from "../containers/record.ts";
import { publishEndpoints } from "./events.ts";
import { requested } from "./requested.ts";

/** Errors: invalidArgument, forbidden (on it already), notFound (network). */
export function connectContainer(
  env: Env,
  container: Container,
  networkName: string,
  given: RequestedEndpoint,
): Promise<void> {
  return container.lock.run(async () => {
    const network = env.network.find(networkName);
    refuseShared(container, network.Name!);
    const settings = requested(given);
    if (!container.state.hasTask) {
      env.network.check(network.Id!, settings);
      const { Networks } = container.facts.network;
      Networks[network.Name!] = { ...settings, NetworkID: network.Id! };
      saveContainer(container);
      return;
    }
    recordSandbox(container, await env.network.connect(container.id, network.Id!, settings));
    saveContainer(container);
    publishEndpoints(env.events, "connect", container.id, [referenceOf(network)]);
  });
}

const referenceOf = (network: { Id?: string; Name?: string; Driver?: string }): EndpointReference => ({
  networkID: network.Id ?? "",
  networkName: network.Name ?? "",
  driver: network.Driver ?? "",
});

function refuseShared(container: Container, networkName: string): void {
  const { NetworkMode = "" } = container.hostConfig;
  if (networkName === "host")
    throw invalidArgument("container cannot be disconnected from host network or connected to host network");
  if (NetworkMode === "host" || containerOf(NetworkMode) !== undefined)
    throw invalidArgument(
      "container sharing network namespace with another container or host cannot be connected to any other network",
    );
  const others = Object.keys(container.facts.network.Networks).filter((name) => name !== networkName);
  if (others.length > 0 && (networkName === "none" || others.includes("none")))
    throw invalidArgument(
      "container cannot be connected to multiple networks with one of the networks in private (none) mode",
    );
}

/** Errors: notFound (network), invalidArgument and system in stock's words. */
export function disconnectContainer(
  env: Env,
  container: Container,
  networkName: string,
  force: boolean,
): Promise<void> {
  return container.lock.run(async () => {
    const network = env.network.find(networkName);
    if (container.hostConfig.NetworkMode === "host" || network.Name === "host")
      throw invalidArgument(
        "container cannot be disconnected from host network or connected to host network",
      );
    const { Networks } = container.facts.network;
    if (!Object.hasOwn(Networks, network.Name!)) throw systemError(notConnected(container, network.Name!));
    if (container.state.hasTask) await leave(env, container, network.Id!, force);
    delete Networks[network.Name!];
    saveContainer(container);
    if (container.state.hasTask)
      publishEndpoints(env.events, "disconnect", container.id, [referenceOf(network)]);
  });
}

/** Stock's two texts, for a container that runs and for one that does not. */
const notConnected = ({ id, state }: Container, name: string) =>
  `container ${id} is not connected to ${state.hasTask ? "" : "the "}network ${name}`;

async function leave(env: Env, container: Container, networkID: string, force: boolean): Promise<void> {
  try {
    recordSandbox(container, await env.network.disconnect(container.id, networkID));
  } catch (error) {
    if (!force && !isNotFound(error)) throw error;
    if (!force) throw systemError(messageOf(error), { cause: error });
  }
}
