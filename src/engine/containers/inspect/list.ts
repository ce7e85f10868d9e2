import type { ContainerSummary, Port, PortMap } from "../../../api/schema.ts";
import { parseNanos } from "../../time.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { type Filters, matches, prepareFilters } from "./filters.ts";
import { apiMount, containerSizes } from "./inspect.ts";
import { apiEndpoints } from "./network.ts";
import { statusText } from "./status.ts";

export interface ListOptions {
  all: boolean;
  /** Number of the youngest ones; no limit if 0 or less. */
  limit: number;
  size: boolean;
  filters: Filters;
}

/** GET /containers/json: youngest first. Errors: invalidArgument, notFound for filters. */
export async function listContainers(env: Env, options: ListOptions): Promise<ContainerSummary[]> {
  const prepared = prepareFilters(env, options.filters);
  const limited = options.limit > 0;
  const everything = options.all || limited || ["status", "exited"].some((f) => options.filters.has(f));
  const found = env.store
    .all()
    .sort(byAge)
    .filter((container) => (everything || container.state.isRunning) && matches(env, container, prepared));
  const shown = limited ? found.slice(0, options.limit) : found;
  const summaries = await Promise.all(shown.map((container) => summary(env, container, options.size)));
  return summaries.filter((item) => item !== undefined);
}

function byAge(a: Container, b: Container): number {
  const [left, right] = [parseNanos(a.facts.created), parseNanos(b.facts.created)];
  return left < right ? 1 : left > right ? -1 : 0;
}

async function summary(env: Env, container: Container, size: boolean): Promise<ContainerSummary | undefined> {
  const { facts, state } = container;
  const sizes = size ? await containerSizes(env, container).catch(() => undefined) : {};
  if (sizes === undefined && container.removed) return undefined;
  return {
    Id: container.id,
    Names: [`/${facts.name}`],
    Image: imageName(env, container),
    ImageID: facts.image,
    Command: commandText(container),
    Created: Number(parseNanos(facts.created) / 1_000_000_000n),
    Ports: portList(env.network.get(container.id)?.ports ?? {}),
    ...sizes,
    Labels: container.labels,
    State: state.status,
    Status: statusText(state),
    HostConfig: { NetworkMode: container.hostConfig.NetworkMode ?? "" },
    NetworkSettings: { Networks: apiEndpoints(env, container) },
    Mounts: Object.values(facts.mountPoints).map((point) => apiMount(env, point)),
  };
}

/** The name that the container was made with, or the image's id if that name means another image by now. */
function imageName(env: Env, { config, facts }: Container): string {
  const name = config.Image ?? "";
  try {
    return env.images.resolve(name).id === facts.image ? name : facts.image;
  } catch {
    return facts.image;
  }
}

function commandText({ facts }: Container): string {
  const args = facts.args.map((arg) => (arg.includes(" ") ? `'${arg}'` : arg));
  return [facts.path, ...args].join(" ");
}

function portList(ports: PortMap): Port[] {
  const list: Port[] = [];
  for (const [key, bindings] of Object.entries(ports)) {
    const [number, protocol = "tcp"] = key.split("/");
    const port = { PrivatePort: Number(number), Type: protocol as Port["Type"] };
    if (!bindings?.length) list.push(port);
    for (const { HostIp = "", HostPort = "" } of bindings ?? []) {
      list.push({ IP: HostIp, PrivatePort: port.PrivatePort, PublicPort: Number(HostPort), Type: port.Type });
    }
  }
  return list;
}
