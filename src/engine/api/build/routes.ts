import type { Builder } from "../../build/service.ts";
import type { Route } from "../../http/route.ts";
import { StreamOutput } from "./output.ts";
import { readRequest } from "./request.ts";

export function buildRoutes(builder: Builder): Route[] {
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
  ];
}
