import type { ContainerInspectResponse, ContainerSummary } from "../../../api/schema.ts";
import { LIST_FILTERS } from "../../containers/inspect/filters.ts";
import { inspectContainer } from "../../containers/inspect/inspect.ts";
import { listContainers } from "../../containers/inspect/list.ts";
import { topContainer } from "../../containers/inspect/top.ts";
import type { Containers } from "../../containers/manager.ts";
import type { Route } from "../../http/route.ts";
import type { ApiVersion } from "../../http/version.ts";
import { endpointsFor } from "./endpoints.ts";

/** Listing and looking at containers. */
export function inspectRoutes(containers: Containers): Route[] {
  const { env } = containers;
  return [
    {
      method: "GET",
      path: "/containers/json",
      async handle(ctx) {
        const summaries = await listContainers(env, {
          all: ctx.flag("all"),
          limit: ctx.number("limit") ?? 0,
          size: ctx.flag("size"),
          filters: ctx.filters(LIST_FILTERS),
        });
        ctx.json(
          200,
          summaries.map((summary) => summaryFor(summary, ctx.version)),
        );
      },
    },
    {
      method: "GET",
      path: "/containers/{id}/json",
      async handle(ctx) {
        const container = containers.find(ctx.params["id"]!);
        const inspected = await inspectContainer(env, container, ctx.flag("size"));
        ctx.json(200, inspectedFor(inspected, ctx.version));
      },
    },
    {
      method: "GET",
      path: "/containers/{id}/top",
      async handle(ctx) {
        const container = containers.find(ctx.params["id"]!);
        ctx.json(200, await topContainer(env, container, ctx.query.get("ps_args") ?? "-ef"));
      },
    },
    {
      method: "GET",
      path: "/containers/{id}/changes",
      async handle(ctx) {
        const container = containers.find(ctx.params["id"]!);
        const changes = await env.images.layers.getRWLayer(container.id).changes();
        ctx.json(
          200,
          changes.length === 0 ? null : changes.map(({ path, kind }) => ({ Path: path, Kind: kind })),
        );
      },
    },
  ];
}

function summaryFor(summary: ContainerSummary, version: ApiVersion): ContainerSummary {
  if (!version.atLeast("1.46") && summary.HostConfig) delete summary.HostConfig.Annotations;
  const networks = summary.NetworkSettings?.Networks;
  if (!networks) return summary;
  return { ...summary, NetworkSettings: { Networks: endpointsFor(networks, version, summary.Id ?? "") } };
}

/** Fields that came or went with API versions. */
function inspectedFor(given: ContainerInspectResponse, version: ApiVersion): ContainerInspectResponse {
  const inspected = { ...given };
  const { NetworkSettings, Id = "" } = given;
  if (NetworkSettings?.Networks)
    inspected.NetworkSettings = {
      ...NetworkSettings,
      Networks: endpointsFor(NetworkSettings.Networks, version, Id),
    };
  if (version.atLeast("1.44")) return inspected;
  const mac = inspected.NetworkSettings?.MacAddress;
  const config = { ...inspected.Config };
  if (mac && !config.MacAddress) config.MacAddress = "";
  return { ...inspected, Config: config };
}
