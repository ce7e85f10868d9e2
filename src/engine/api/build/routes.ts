import type { Builder } from "../../build/service.ts";
import type { Route } from "../../http/route.ts";
import { StreamOutput } from "./output.ts";
import { type PruneImages, pruneBuilds } from "./prune.ts";
import { readRequest } from "./request.ts";

export function buildRoutes(builder: Builder, pruneImages: PruneImages): Route[] {
  return [
    {
      method: "POST",
      path: "/build",
      async handle(ctx) {
        const request = await readRequest(ctx);
        const out = new StreamOutput(ctx, { events: ctx.flag("events"), quiet: request.quiet });
        try {
          await out.finish(await builder.build(request, out));
        } catch (error) {
          await out.fail(error);
        }
      },
    },
    {
      method: "POST",
      path: "/build/prune",
      since: "1.31",
      handle: (ctx) => pruneBuilds(builder, pruneImages, ctx),
    },
  ];
}
