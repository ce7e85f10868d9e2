import type { Network } from "../../../api/schema.ts";
import { invalidArgument, notFound } from "../../../errors/errors.ts";
import type { NetworkController, NetworkCreate, RequestedEndpoint } from "../../../network/types.ts";
import { containerOf } from "../../containers/create/modes.ts";
import type { Containers } from "../../containers/manager.ts";
import type { EventBus } from "../../events/bus.ts";
import type { Context, Route } from "../../http/route.ts";
import { connectContainer, disconnectContainer } from "../../networks/connect.ts";
import { parseNanos } from "../../time.ts";
import { matchesLabels } from "../labels.ts";
import { untilNanos } from "../until.ts";
import { LIST_FILTERS, passes } from "./filters.ts";

export interface NetworkBackend {
  network: NetworkController;
  events: EventBus;
  containers: Containers;
}

/** /networks of the Engine API. */
export function networkRoutes(backend: NetworkBackend): Route[] {
  const { network } = backend;
  return [
    { method: "GET", path: "/networks", handle: (ctx) => list(backend, ctx) },
    { method: "GET", path: "/networks/", handle: (ctx) => list(backend, ctx) },
    { method: "POST", path: "/networks/create", handle: (ctx) => create(backend, ctx) },
    { method: "POST", path: "/networks/prune", since: "1.25", handle: (ctx) => prune(backend, ctx) },
    { method: "POST", path: "/networks/{id:.*}/connect", handle: (ctx) => connect(backend, ctx) },
    { method: "POST", path: "/networks/{id:.*}/disconnect", handle: (ctx) => disconnect(backend, ctx) },
    {
      method: "GET",
      path: "/networks/{id:.*}",
      handle(ctx) {
        const scope = ctx.query.get("scope");
        const found = network.find(ctx.params["id"]!);
        if (scope && scope !== found.Scope) throw notFound(`network ${ctx.params["id"]} not found`);
        const verbose = ctx.query.get("verbose") ?? "";
        if (!/^(|[01tf]|true|false)$/i.test(verbose))
          throw invalidArgument(`invalid value for verbose: ${verbose}: want true or false`);
        ctx.json(200, shownFor(found, ctx));
      },
    },
    { method: "GET", path: "/containers/{id}/network", handle: (ctx) => examine(backend, ctx) },
    { method: "DELETE", path: "/networks/{id:.*}", handle: (ctx) => remove(backend, ctx) },
  ];
}

/** Fields that came with later API versions. */
function shownFor(network: Network, ctx: Context): Network {
  if (!ctx.version.atLeast("1.48")) delete network.EnableIPv4;
  return network;
}

/** From 1.28 on the list leaves out who is connected. */
function list({ network }: NetworkBackend, ctx: Context): void {
  const filters = ctx.filters([...LIST_FILTERS]);
  const found = network.list().filter((one) => passes(filters, one));
  const brief = ctx.version.atLeast("1.28");
  ctx.json(
    200,
    found.map((one) => shownFor(brief ? { ...one, Containers: {} } : one, ctx)),
  );
}

async function create({ network, events }: NetworkBackend, ctx: Context): Promise<void> {
  const request = await ctx.body<NetworkCreate>();
  if (!request) throw invalidArgument("invalid JSON: got EOF while reading request body");
  checkTypes(request);
  const { id, warning } = await network.create(request);
  const { Name, Driver } = network.find(id);
  events.publish("network", "create", id, { name: Name!, type: Driver! });
  ctx.json(201, { Id: id, Warning: warning });
}

const isText = (value: unknown) => typeof value === "string";
const isFlag = (value: unknown) => typeof value === "boolean";
const isMap = (value: unknown) => typeof value === "object" && !Array.isArray(value);

const CHECKS: Partial<Record<keyof NetworkCreate, (value: unknown) => boolean>> = {
  Name: isText,
  Driver: isText,
  Internal: isFlag,
  Attachable: isFlag,
  EnableIPv6: isFlag,
  Scope: isText,
  IPAM: isMap,
  Options: isMap,
  Labels: isMap,
};

function checkTypes(request: NetworkCreate): void {
  if (typeof request !== "object") throw invalidArgument("invalid JSON: want an object");
  for (const [name, check] of Object.entries(CHECKS)) {
    const value = request[name as keyof NetworkCreate];
    if (value === undefined || value === null || check(value)) continue;
    throw invalidArgument(`invalid JSON: cannot use ${JSON.stringify(value).slice(0, 80)} as ${name}`);
  }
  const configs = request.IPAM?.Config;
  if (configs !== undefined && configs !== null && !Array.isArray(configs))
    throw invalidArgument("invalid JSON: IPAM.Config must be a list");
  for (const values of [request.Options, request.Labels])
    if (Object.values(values ?? {}).some((value) => typeof value !== "string"))
      throw invalidArgument("invalid JSON: options and labels must be strings");
}

interface ConnectBody {
  Container?: string;
  EndpointConfig?: RequestedEndpoint | null;
  Force?: boolean;
}

async function connect({ containers }: NetworkBackend, ctx: Context): Promise<void> {
  const { Container = "", EndpointConfig } = await connectBody(ctx);
  const { env } = containers;
  // The network is looked for first, as stock does.
  env.network.find(ctx.params["id"]!);
  await connectContainer(env, containers.find(Container), ctx.params["id"]!, EndpointConfig ?? {});
  ctx.empty(200);
}

async function connectBody(ctx: Context): Promise<ConnectBody> {
  const body = (await ctx.body<ConnectBody>()) ?? {};
  const { Container, EndpointConfig } = body;
  if (typeof body !== "object" || (Container !== undefined && typeof Container !== "string"))
    throw invalidArgument("invalid JSON: Container must be a string");
  if (EndpointConfig && (typeof EndpointConfig !== "object" || Array.isArray(EndpointConfig)))
    throw invalidArgument("invalid JSON: EndpointConfig must be an object");
  return body;
}

async function disconnect({ containers }: NetworkBackend, ctx: Context): Promise<void> {
  const { Container = "", Force } = await connectBody(ctx);
  const { env } = containers;
  env.network.find(ctx.params["id"]!);
  await disconnectContainer(env, containers.find(Container), ctx.params["id"]!, Force === true);
  ctx.empty(200);
}

async function remove({ network, events }: NetworkBackend, ctx: Context): Promise<void> {
  const { Id, Name, Driver } = network.find(ctx.params["id"]!);
  await network.remove(Id!);
  events.publish("network", "destroy", Id!, { name: Name!, type: Driver! });
  ctx.empty(204);
}

/** What `docker network doctor` shows; stock engines do not have it. */
async function examine({ containers, network }: NetworkBackend, ctx: Context): Promise<void> {
  const container = containers.find(ctx.params["id"]!);
  const { NetworkMode, PortBindings } = container.hostConfig;
  const shared = containerOf(NetworkMode);
  const owner = shared === undefined ? container : containers.find(shared);
  ctx.json(200, {
    Container: container.name,
    Running: container.state.hasTask,
    Findings: await network.examine(owner.id, PortBindings ?? {}),
  });
}

/** Removes user-defined networks that no container, running or not, is on. */
async function prune({ network, events, containers }: NetworkBackend, ctx: Context): Promise<void> {
  const filters = ctx.filters(["label", "label!", "until"]);
  const until = untilNanos(filters.get("until"));
  const deleted: string[] = [];
  const dangling = new Map([["dangling", ["true"]]]);
  for (const one of network.list().filter((candidate) => passes(dangling, candidate))) {
    if (!matchesLabels(filters.get("label"), one.Labels, filters.get("label!"))) continue;
    if (until !== undefined && parseNanos(one.Created!) > until) continue;
    if (containers.all().some(({ facts }) => Object.hasOwn(facts.network.Networks, one.Name!))) continue;
    await network.remove(one.Id!);
    events.publish("network", "destroy", one.Id!, { name: one.Name!, type: one.Driver! });
    deleted.push(one.Name!);
  }
  events.publish("network", "prune", "", { reclaimed: "0" });
  ctx.json(200, { NetworksDeleted: deleted.length > 0 ? deleted : null });
}
