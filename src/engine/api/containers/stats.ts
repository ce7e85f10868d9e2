import { notFound } from "../../../errors/errors.ts";
import type { Containers } from "../../containers/manager.ts";
import { statsOf, statsStream } from "../../containers/stats/stats.ts";
import type { Route } from "../../http/route.ts";

/** GET /containers/{id}/stats */
export function statsRoutes(containers: Containers): Route[] {
  return [
    {
      method: "GET",
      path: "/containers/{id}/stats",
      async handle(ctx) {
        const container = containers.find(ctx.params["id"]!);
        if (container.removed) throw notFound(`No such container: ${ctx.params["id"]}`);
        if (!ctx.flag("stream", true)) {
          ctx.json(200, await statsOf(containers.env, container, ctx.flag("one-shot"), ctx.signal));
          return;
        }
        const stream = ctx.jsonStream();
        for await (const sample of statsStream(containers.env, container, ctx.signal))
          await stream.write(sample);
        stream.end();
      },
    },
  ];
}
