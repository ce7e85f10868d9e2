import { parseBody } from "../../containers/create/request.ts";
import type { Containers } from "../../containers/manager.ts";
import type { Route } from "../../http/route.ts";

/** POST /containers/create */
export function createRoutes(containers: Containers): Route[] {
  return [
    {
      method: "POST",
      path: "/containers/create",
      async handle(ctx) {
        const { container, warnings } = await containers.create({
          name: ctx.query.get("name") ?? undefined,
          platform: ctx.query.get("platform") ?? "",
          body: parseBody(await ctx.body()),
          atLeast: (version) => ctx.version.atLeast(version),
        });
        ctx.json(201, { Id: container.id, Warnings: warnings });
      },
    },
  ];
}
