import { containerSizes } from "../../containers/inspect/inspect.ts";
import { removeContainer } from "../../containers/lifecycle/remove.ts";
import type { Containers } from "../../containers/manager.ts";
import type { Route } from "../../http/route.ts";
import { parseNanos } from "../../time.ts";
import { matchesLabels } from "../labels.ts";
import { untilNanos } from "../until.ts";

/** POST /containers/prune */
export function pruneRoutes(containers: Containers): Route[] {
  const { env } = containers;
  return [
    {
      method: "POST",
      path: "/containers/prune",
      since: "1.25",
      async handle(ctx) {
        const filters = ctx.filters(["until", "label", "label!"]);
        const until = untilNanos(filters.get("until"));
        const deleted: string[] = [];
        let space = 0;
        for (const container of containers.all()) {
          if (container.state.isRunning) continue;
          if (until !== undefined && parseNanos(container.facts.created) > until) continue;
          if (!matchesLabels(filters.get("label"), container.labels, filters.get("label!"))) continue;
          const { SizeRw } = await containerSizes(env, container).catch(() => ({ SizeRw: 0 }));
          try {
            await removeContainer(env, container, {});
          } catch {
            // It has been started meanwhile, or is being removed.
            continue;
          }
          deleted.push(container.id);
          space += SizeRw;
        }
        env.events.publish("container", "prune", "", { reclaimed: String(space) });
        ctx.json(200, { ContainersDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: space });
      },
    },
  ];
}
