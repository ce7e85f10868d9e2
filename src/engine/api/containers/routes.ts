import type { Containers } from "../../containers/manager.ts";
import type { Route } from "../../http/route.ts";
import { archiveRoutes } from "./archive.ts";
import { attachRoutes } from "./attach.ts";
import { checkpointRoutes } from "./checkpoints.ts";
import { createRoutes } from "./create.ts";
import { inspectRoutes } from "./inspect.ts";
import { lifecycleRoutes } from "./lifecycle.ts";
import { logRoutes } from "./logs.ts";
import { pruneRoutes } from "./prune.ts";
import { statsRoutes } from "./stats.ts";
import { waitRoutes } from "./wait.ts";

/** All of /containers/. */
export function containerRoutes(containers: Containers): Route[] {
  return [
    ...createRoutes(containers),
    ...inspectRoutes(containers),
    ...lifecycleRoutes(containers),
    ...waitRoutes(containers),
    ...attachRoutes(containers),
    ...logRoutes(containers),
    ...statsRoutes(containers),
    ...archiveRoutes(containers),
    ...pruneRoutes(containers),
    ...checkpointRoutes({ env: containers.env, find: (name) => containers.find(name) }),
  ];
}
