import { notFound, notImplemented } from "../../../errors/errors.ts";
import type { Context, Method, Route } from "../../http/route.ts";

/** Managed plugins cannot be installed here, so there is none; legacy ones (sockets, spec files) need no API. */
export function pluginRoutes(): Route[] {
  const missing = (ctx: Context): never => {
    throw notFound(`plugin "${ctx.params["name"]}" not found`);
  };
  const refuse = (): never => {
    throw notImplemented(
      "installing plugins is not implemented: run the plugin by itself, with its socket in /run/docker/plugins",
    );
  };
  const actions = ["enable", "disable", "upgrade", "push", "set"];
  const named: [Method, string][] = [
    ["GET", "/plugins/{name:.*}/json"],
    ...actions.map((action): [Method, string] => ["POST", `/plugins/{name:.*}/${action}`]),
    ["DELETE", "/plugins/{name:.*}"],
  ];
  return [
    { method: "GET", path: "/plugins", since: "1.25", handle: (ctx) => ctx.json(200, []) },
    { method: "GET", path: "/plugins/privileges", since: "1.25", handle: refuse },
    { method: "POST", path: "/plugins/pull", since: "1.25", handle: refuse },
    { method: "POST", path: "/plugins/create", since: "1.25", handle: refuse },
    ...named.map(([method, path]): Route => ({ method, path, since: "1.25", handle: missing })),
  ];
}
