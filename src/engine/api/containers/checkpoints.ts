import { invalidArgument, notImplemented } from "../../../errors/errors.ts";
import {
  createCheckpoint,
  listCheckpoints,
  removeCheckpoint,
} from "../../containers/checkpoints/checkpoints.ts";
import type { Container } from "../../containers/container.ts";
import type { Containers } from "../../containers/manager.ts";
import type { Context, Route } from "../../http/route.ts";

interface CreateBody {
  CheckpointID?: unknown;
  CheckpointDir?: unknown;
  Exit?: unknown;
}

const DISABLED =
  "This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to enable it.";

function text(value: unknown, name: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw invalidArgument(`${name}: want a string`);
  return value;
}

/** Checkpoints: as in stock, for daemons with experimental features alone. */
export function checkpointRoutes({ env, find }: Pick<Containers, "env" | "find">): Route[] {
  const route = (
    method: Route["method"],
    path: string,
    handle: (ctx: Context, container: Container) => Promise<void> | void,
  ): Route => ({
    method,
    path: `/containers/{id}/checkpoints${path}`,
    async handle(ctx) {
      if (!env.config.experimental) throw notImplemented(DISABLED);
      await handle(ctx, find(ctx.params["id"]!));
    },
  });
  const folder = (ctx: Context) => ctx.query.get("dir") ?? "";
  return [
    route("POST", "", async (ctx, container) => {
      const body = (await ctx.body<CreateBody>()) ?? {};
      await createCheckpoint(env, container, ctx.params["id"]!, {
        id: text(body.CheckpointID, "CheckpointID"),
        folder: text(body.CheckpointDir, "CheckpointDir"),
        exit: body.Exit === true,
      });
      ctx.empty(201);
    }),
    route("GET", "", (ctx, container) => {
      const names = listCheckpoints(container, folder(ctx));
      ctx.json(200, names.length === 0 ? null : names.map((Name) => ({ Name })));
    }),
    route("DELETE", "/{checkpoint}", (ctx, container) => {
      removeCheckpoint(container, folder(ctx), ctx.params["checkpoint"]!);
      ctx.empty(204);
    }),
  ];
}
