import { invalidArgument } from "../../../errors/errors.ts";
import type { Route } from "../../http/route.ts";
import type { Privilege } from "../../plugins/managed/config.ts";
import type { Plugins } from "../../plugins/managed/manager.ts";
import { pluginName } from "../../plugins/managed/store.ts";
import { ProgressOutput } from "../images/progress-output.ts";
import { authOf } from "../images/registry.ts";

const FILTERS = ["capability", "enabled"];
const SINCE = "1.25";

/** /plugins */
export function pluginRoutes(plugins: Plugins): Route[] {
  const routes: Omit<Route, "since">[] = [
    { method: "GET", path: "/plugins", handle: (ctx) => ctx.json(200, plugins.list(ctx.filters(FILTERS))) },
    {
      method: "GET",
      path: "/plugins/privileges",
      async handle(ctx) {
        const options = { credentials: authOf(ctx), progress: () => {}, signal: ctx.signal };
        ctx.json(200, await plugins.privileges(required(ctx.query.get("remote"), "remote"), options));
      },
    },
    {
      method: "POST",
      path: "/plugins/pull",
      async handle(ctx) {
        const granted = (await ctx.body<Privilege[]>("list")) ?? [];
        const remote = required(ctx.query.get("remote"), "remote");
        const name = pluginName(ctx.query.get("name") || remote);
        const output = new ProgressOutput(ctx);
        const options = { credentials: authOf(ctx), progress: output.send, signal: ctx.signal };
        // By this name clients go on to set and enable it.
        ctx.res.setHeader("Docker-Plugin-Name", name);
        await output.during(() => plugins.pull(remote, name, granted, options));
      },
    },
    {
      method: "POST",
      path: "/plugins/create",
      async handle(ctx) {
        await plugins.create(required(ctx.query.get("name"), "name"), ctx.bytes());
        ctx.empty(204);
      },
    },
    {
      method: "GET",
      path: "/plugins/{name:.*}/json",
      handle: (ctx) => ctx.json(200, plugins.get(ctx.params["name"]!)),
    },
    {
      method: "POST",
      path: "/plugins/{name:.*}/enable",
      async handle(ctx) {
        await plugins.enable(ctx.params["name"]!, ctx.number("timeout") ?? 0);
        ctx.empty(200);
      },
    },
    {
      method: "POST",
      path: "/plugins/{name:.*}/disable",
      async handle(ctx) {
        await plugins.disable(ctx.params["name"]!, ctx.flag("force"));
        ctx.empty(200);
      },
    },
    {
      method: "POST",
      path: "/plugins/{name:.*}/push",
      async handle(ctx) {
        const output = new ProgressOutput(ctx);
        const options = { credentials: authOf(ctx), progress: output.send, signal: ctx.signal };
        await output.during(() => plugins.push(ctx.params["name"]!, options));
      },
    },
    {
      method: "POST",
      path: "/plugins/{name:.*}/set",
      async handle(ctx) {
        const wanted = (await ctx.body<string[]>("list")) ?? [];
        plugins.set(ctx.params["name"]!, wanted.map(String));
        ctx.empty(204);
      },
    },
    {
      method: "POST",
      path: "/plugins/{name:.*}/upgrade",
      async handle(ctx) {
        const name = ctx.params["name"]!;
        const { Name } = plugins.get(name);
        const granted = (await ctx.body<Privilege[]>("list")) ?? [];
        const remote = required(ctx.query.get("remote"), "remote");
        const output = new ProgressOutput(ctx);
        const options = { credentials: authOf(ctx), progress: output.send, signal: ctx.signal };
        ctx.res.setHeader("Docker-Plugin-Name", Name);
        await output.during(() => plugins.upgrade(name, remote, granted, options));
      },
    },
    {
      method: "DELETE",
      path: "/plugins/{name:.*}",
      async handle(ctx) {
        ctx.json(200, await plugins.remove(ctx.params["name"]!, ctx.flag("force")));
      },
    },
  ];
  return routes.map((route) => ({ ...route, since: SINCE }));
}

function required(value: string | null, name: string): string {
  if (!value) throw invalidArgument(`bad parameter: ${name} cannot be empty`);
  return value;
}
