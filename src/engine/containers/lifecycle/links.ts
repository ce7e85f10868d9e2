/** --link name[:alias] of the default bridge: names and variables of another container. */

import type { HostConfig } from "../../../api/schema.ts";
import { invalidArgument, isNotFound, messageOf, notFound, systemError } from "../../../errors/errors.ts";
import type { SandboxRequest } from "../../../network/types.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { saveContainer } from "../record.ts";
import { linkEnvironment } from "./link-env.ts";

interface Link {
  other: Container;
  alias: string;
  /** The other one's first IPv4 address; "" while it has none. */
  address: string;
}

/** Checks at create that what is linked is there. Errors: invalidArgument. */
export function checkLinks(env: Env, hostConfig: HostConfig): void {
  linked(env, hostConfig);
}

/** Errors: invalidArgument for one that is not there, system for one that does not run. */
export function linksOf(env: Env, container: Container): SandboxRequest["links"] {
  return linked(env, container.hostConfig).map(({ other, alias, address }) => {
    if (!other.state.isRunning) {
      const names = `/${other.name} AS /${container.name}/${alias}`;
      throw systemError(`Cannot link to a non running container: ${names}`);
    }
    return { alias, name: `${other.config.Hostname} ${other.name}`, address };
  });
}

/** The variables that the container's links give it, for its own processes and those of exec. */
export function linkVariables(env: Env, container: Container): string[] {
  return linked(env, container.hostConfig).flatMap(({ other, alias, address }) =>
    linkEnvironment({
      name: `/${container.name}/${alias}`,
      address,
      ports: Object.keys(other.config.ExposedPorts ?? {}),
      env: other.config.Env ?? [],
    }),
  );
}

/** Takes a link from the container that has it; the linked one stays. Errors: notFound. */
export function removeLink(container: Container, alias: string): Promise<void> {
  return container.lock.run(async () => {
    const links = container.hostConfig.Links ?? [];
    const left = links.filter((link) => aliasOf(link) !== alias);
    if (left.length === links.length) throw notFound(`No such container: ${container.name}/${alias}`);
    container.hostConfig.Links = left;
    saveContainer(container);
  });
}

/** Of "name", "name:alias" and "/name:/container/alias". */
function aliasOf(link: string): string {
  const [reference = "", alias = reference] = link.split(":");
  return alias.slice(alias.lastIndexOf("/") + 1);
}

function linked(env: Env, { NetworkMode = "bridge", Links }: HostConfig): Link[] {
  if (NetworkMode !== "bridge" && NetworkMode !== "default") return [];
  return (Links ?? []).map((link) => {
    const other = find(env, link.split(":")[0]!);
    const address = Object.values(other.facts.network.Networks).find((e) => e.IPAddress)?.IPAddress ?? "";
    return { other, alias: aliasOf(link), address };
  });
}

function find(env: Env, reference: string): Container {
  try {
    return env.store.find(reference);
  } catch (cause) {
    if (!isNotFound(cause)) throw cause;
    throw invalidArgument(`could not get container for ${reference}: ${messageOf(cause)}`, { cause });
  }
}
