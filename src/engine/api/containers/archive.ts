import type { Containers } from "../../containers/manager.ts";
import type { Route } from "../../http/route.ts";

/** Files of a container. */
export function archiveRoutes(containers: Containers): Route[] {
  const { env } = containers;
  return [
    {
      method: "GET",
      path: "/containers/{id}/export",
      async handle(ctx) {
        const container = containers.find(ctx.params["id"]!);
        await ctx.stream("application/octet-stream", env.images.layers.getRWLayer(container.id).tarStream());
      },
    },
  ];
}
