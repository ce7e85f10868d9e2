import { invalidArgument } from "../../../errors/errors.ts";
import { matchesLabels } from "../../api/labels.ts";
import { parseNanos } from "../../time.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { STATUSES } from "../state/machine.ts";

export type Filters = ReadonlyMap<string, string[]>;

/** The filters of `docker ps`. */
export const LIST_FILTERS = [
  "ancestor",
  "before",
  "exited",
  "expose",
  "health",
  "id",
  "is-task",
  "isolation",
  "label",
  "name",
  "network",
  "publish",
  "since",
  "status",
  "volume",
];

const HEALTH = ["starting", "healthy", "unhealthy", "none"];

interface Prepared {
  filters: Filters;
  names: RegExp[];
  exited: number[];
  /** Nanoseconds since 1970. */
  before: bigint | undefined;
  since: bigint | undefined;
  /** Image ids. */
  ancestors: Set<string> | undefined;
}

/** Errors: invalidArgument for a value that cannot be, notFound for a container that is not there. */
export function prepareFilters(env: Env, filters: Filters): Prepared {
  for (const status of filters.get("status") ?? []) {
    if (!(STATUSES as readonly string[]).includes(status))
      throw invalidArgument(`invalid filter 'status=${status}'`);
  }
  for (const health of filters.get("health") ?? []) {
    if (!HEALTH.includes(health)) throw invalidArgument(`invalid filter 'health=${health}'`);
  }
  const created = (reference: string | undefined) =>
    reference === undefined ? undefined : parseNanos(env.store.find(reference).facts.created);
  return {
    filters,
    names: (filters.get("name") ?? []).map(nameRegex),
    exited: (filters.get("exited") ?? []).map(exitCode),
    before: created(filters.get("before")?.[0]),
    since: created(filters.get("since")?.[0]),
    ancestors: ancestorsOf(env, filters.get("ancestor")),
  };
}

function nameRegex(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (cause) {
    throw invalidArgument(`invalid filter 'name=${text}'`, { cause });
  }
}

function exitCode(text: string): number {
  if (!/^-?\d+$/.test(text)) throw invalidArgument(`invalid filter 'exited=${text}'`);
  return Number(text);
}

/** Containers of an image's descendants count, too. */
function ancestorsOf(env: Env, names: string[] | undefined): Set<string> | undefined {
  if (!names) return undefined;
  const ids = new Set<string>();
  const add = (id: string) => {
    if (ids.has(id)) return;
    ids.add(id);
    for (const child of env.images.images.children(id)) add(child.id);
  };
  for (const name of names) {
    try {
      add(env.images.resolve(name).id);
    } catch {
      // An image that is not here has no containers, unless they were made from it before it went.
    }
  }
  return ids;
}

export function matches(env: Env, container: Container, prepared: Prepared): boolean {
  const { filters } = prepared;
  const { state, facts, name, id } = container;
  const some = (filter: string, test: (value: string) => boolean) => {
    const values = filters.get(filter);
    return !values?.length || values.some(test);
  };
  const created = () => parseNanos(facts.created);
  return (
    some("id", (value) => id.startsWith(value)) &&
    (prepared.names.length === 0 ||
      prepared.names.some((regex) => regex.test(name) || regex.test(`/${name}`))) &&
    some("status", (value) => value === state.status) &&
    some("health", (value) => value === (state.health?.Status ?? "none")) &&
    some("is-task", (value) => !/^(1|true)$/i.test(value)) &&
    (prepared.exited.length === 0 || (hasExited(container) && prepared.exited.includes(state.exitCode))) &&
    matchesLabels(filters.get("label"), container.labels) &&
    (prepared.before === undefined || created() < prepared.before) &&
    (prepared.since === undefined || created() > prepared.since) &&
    (prepared.ancestors === undefined || prepared.ancestors.has(facts.image)) &&
    some("volume", (value) => hasVolume(container, value)) &&
    some("network", (value) => hasNetwork(container, value)) &&
    some("expose", (value) =>
      Object.keys(container.config.ExposedPorts ?? {}).some((port) => inRange(port, value)),
    ) &&
    some("publish", (value) => publishes(env, container, value))
  );
}

const hasExited = ({ state, facts }: Container) => !state.isRunning && facts.startedBefore;

function hasVolume({ facts }: Container, value: string): boolean {
  return Object.values(facts.mountPoints).some(
    ({ Name, Source, Destination }) =>
      value === Destination || (value === Name && Name !== "") || value === Source,
  );
}

function hasNetwork({ facts }: Container, value: string): boolean {
  return Object.entries(facts.network.Networks).some(
    ([name, { NetworkID = "" }]) => name === value || (NetworkID !== "" && NetworkID.startsWith(value)),
  );
}

/** "80", "80/udp", "80-90/tcp" */
function inRange(port: string, wanted: string): boolean {
  const [number, protocol = "tcp"] = port.split("/");
  const [range = "", wantedProtocol = "tcp"] = wanted.split("/");
  const [first = "", last = first] = range.split("-");
  return protocol === wantedProtocol && Number(number) >= Number(first) && Number(number) <= Number(last);
}

function publishes(env: Env, { id, hostConfig }: Container, wanted: string): boolean {
  const ports = env.network.get(id)?.ports ?? hostConfig.PortBindings ?? {};
  return Object.entries(ports).some(([port, bindings]) => {
    const protocol = port.split("/")[1] ?? "tcp";
    return (bindings ?? []).some(({ HostPort }) => HostPort && inRange(`${HostPort}/${protocol}`, wanted));
  });
}
