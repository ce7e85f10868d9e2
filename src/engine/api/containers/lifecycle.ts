import { conflict, invalidArgument, isNotFound, messageOf, notFound } from "../../../errors/errors.ts";
import type { Container } from "../../containers/container.ts";
import { parseHostFields } from "../../containers/create/request.ts";
import { killContainer } from "../../containers/lifecycle/kill.ts";
import { removeLink } from "../../containers/lifecycle/links.ts";
import { pauseContainer, unpauseContainer } from "../../containers/lifecycle/pause.ts";
import { removeContainer } from "../../containers/lifecycle/remove.ts";
import { renameContainer } from "../../containers/lifecycle/rename.ts";
import { resizeContainer } from "../../containers/lifecycle/resize.ts";
import { startContainer } from "../../containers/lifecycle/start.ts";
import { restartContainer, type StopOptions, stopContainer } from "../../containers/lifecycle/stop.ts";
import { updateContainer } from "../../containers/lifecycle/update.ts";
import type { Containers } from "../../containers/manager.ts";
import type { Context, Route } from "../../http/route.ts";

/** What changes the state of a container. */
export function lifecycleRoutes(containers: Containers): Route[] {
  const { env } = containers;
  const post = (action: string, handle: (ctx: Context, container: Container) => Promise<void>): Route => ({
    method: "POST",
    path: `/containers/{id}/${action}`,
    handle: (ctx) => handle(ctx, containers.find(ctx.params["id"]!)),
  });
  return [
    {
      method: "POST",
      path: "/containers/{id}/start",
      async handle(ctx) {
        const checkpoint = ctx.query.get("checkpoint") ?? "";
        if (checkpoint !== "" && !env.config.experimental)
          throw invalidArgument("checkpoint is only supported in experimental mode");
        const from = { id: checkpoint, folder: ctx.query.get("checkpoint-dir") ?? "" };
        const container = containers.find(ctx.params["id"]!);
        await startContainer(env, container, checkpoint === "" ? undefined : from);
        ctx.empty(204);
      },
    },
    post("stop", async (ctx, container) => {
      await stopContainer(env, container, stopOptions(ctx));
      ctx.empty(204);
    }),
    post("restart", async (ctx, container) => {
      await restartContainer(env, container, stopOptions(ctx), ctx.params["id"]!);
      ctx.empty(204);
    }),
    {
      method: "POST",
      path: "/containers/{id}/kill",
      async handle(ctx) {
        await killContainer(env, victim(containers, ctx.params["id"]!), ctx.query.get("signal") ?? "");
        ctx.empty(204);
      },
    },
    post("pause", async (ctx, container) => {
      await pauseContainer(env, container);
      ctx.empty(204);
    }),
    post("unpause", async (ctx, container) => {
      await unpauseContainer(env, container);
      ctx.empty(204);
    }),
    post("rename", async (ctx, container) => {
      await renameContainer(env, container, ctx.query.get("name") ?? "");
      ctx.empty(204);
    }),
    post("resize", async (ctx, container) => {
      await resizeContainer(env, container, terminalSize(ctx));
      ctx.empty(200);
    }),
    post("update", async (ctx, container) => {
      const warnings = await updateContainer(env, container, parseHostFields(await ctx.body()));
      ctx.json(200, { Warnings: warnings.length > 0 ? warnings : null });
    }),
    {
      method: "DELETE",
      path: "/containers/{id}",
      async handle(ctx) {
        const container = containers.find(ctx.params["id"]!);
        if (ctx.flag("link"))
          throw conflict("Conflict, cannot remove the default link name of the container");
        await removeContainer(env, container, { force: ctx.flag("force"), volumes: ctx.flag("v") });
        ctx.empty(204);
      },
    },
    {
      method: "DELETE",
      path: "/containers/{parent}/{alias}",
      async handle(ctx) {
        const { parent = "", alias = "" } = ctx.params;
        if (!ctx.flag("link")) throw notFound(`No such container: ${parent}/${alias}`);
        await removeLink(containers.find(parent), alias);
        ctx.empty(204);
      },
    },
  ];
}

function victim(containers: Containers, reference: string): Container {
  try {
    return containers.find(reference);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw notFound(`Cannot kill container: ${reference}: ${messageOf(error)}`, { cause: error });
  }
}

function stopOptions(ctx: Context): StopOptions {
  const timeout = ctx.number("t");
  const signal = ctx.version.atLeast("1.42") ? ctx.query.get("signal") : null;
  return { ...(timeout === undefined ? {} : { timeout }), ...(signal ? { signal } : {}) };
}

/** Errors: invalidArgument. */
export function terminalSize(ctx: Context): { width: number; height: number } {
  const cells = (name: string, parameter: string): number => {
    const text = ctx.query.get(parameter) ?? "";
    const refuse = (why: string) => invalidArgument(`invalid resize ${name} ${JSON.stringify(text)}: ${why}`);
    if (!/^[-+]?\d+$/.test(text)) throw refuse("invalid syntax");
    const value = Number(text);
    if (value < 0 || value > 65535) throw refuse("value out of range");
    return value;
  };
  return { height: cells("height", "h"), width: cells("width", "w") };
}
