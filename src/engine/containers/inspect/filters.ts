import { invalidArgument } from "../../../errors/errors.ts";
import { matchesLabels } from "../../api/labels.ts";
import { truthOf } from "../../http/filters.ts";
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
  /** Tasks of a swarm are asked for: there are none. */
  task: boolean | undefined;
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
  for (const name of ["publish", "expose"])
    for (const port of filters.get(name) ?? [])
      if (!/^\d+(-\d+)?(\/\w+)?$/.test(port))
        throw invalidArgument(
          `error while looking up for ${name} ${port}: want PORT, FIRST-LAST or PORT/PROTOCOL`,
        );
  const created = (reference: string | undefined) =>
    reference === undefined ? undefined : parseNanos(env.store.find(reference).facts.created);
  return {
    filters,
    task: truthOf(filters, "is-task"),
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

/** Whether a container is one of those that `docker ps --filter` asks for. */
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
    prepared.task !== true &&
    (prepared.exited.length === 0 || (hasExited(container) && prepared.exited.includes(state.exitCode))) &&
    matchesLabels(filters.get("label"), container.labels) &&
    (prepared.before === undefined || created() < prepared.before) &&
    (prepared.since === undefined || created() > prepared.since) &&
    (prepared.ancestors === undefined || prepared.ancestors.has(facts.image)) &&
    some("volume", (value) => hasVolume(container, value)) &&
    some("network", (value) => hasNetwork(container, value)) &&
    hasPort(env, container, filters)
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

/** By the ports of a running container: those that it exposes, or those of the host that lead there. */
function hasPort(env: Env, { id }: Container, filters: Filters): boolean {
  const [exposed, published] = [filters.get("expose") ?? [], filters.get("publish") ?? []];
  if (exposed.length + published.length === 0) return true;
  return Object.entries(env.network.get(id)?.ports ?? {}).some(([port, bindings]) => {
    const protocol = port.split("/")[1] ?? "tcp";
    const onHost = (bindings ?? []).flatMap(({ HostPort }) => (HostPort ? [`${HostPort}/${protocol}`] : []));
    return (
      exposed.some((wanted) => inRange(port, wanted)) ||
      published.some((wanted) => onHost.some((each) => inRange(each, wanted)))
    );
  });
}
