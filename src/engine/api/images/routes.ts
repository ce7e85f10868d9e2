import { notImplemented } from "../../../errors/errors.ts";
import type { Route } from "../../http/route.ts";
import * as archives from "./archives.ts";
import type { ImageBackend } from "./backend.ts";
import * as read from "./read.ts";
import * as registry from "./registry.ts";
import * as write from "./write.ts";

/** /images, /commit, /auth, /distribution and /build of the Engine API. */
export function imageRoutes(backend: ImageBackend): Route[] {
  return [
    { method: "GET", path: "/images/json", handle: (ctx) => read.list(backend, ctx) },
    { method: "GET", path: "/images/search", handle: (ctx) => registry.search(backend, ctx) },
    { method: "GET", path: "/images/get", handle: (ctx) => archives.save(backend, ctx) },
    { method: "GET", path: "/images/{name:.*}/get", handle: (ctx) => archives.save(backend, ctx) },
    { method: "GET", path: "/images/{name:.*}/history", handle: (ctx) => read.history(backend, ctx) },
    { method: "GET", path: "/images/{name:.*}/json", handle: (ctx) => read.inspect(backend, ctx) },
    { method: "POST", path: "/images/create", handle: (ctx) => create(backend, ctx) },
    { method: "POST", path: "/images/load", handle: (ctx) => archives.load(backend, ctx) },
    { method: "POST", path: "/images/prune", since: "1.25", handle: (ctx) => write.prune(backend, ctx) },
    { method: "POST", path: "/images/{name:.*}/push", handle: (ctx) => registry.push(backend, ctx) },
    { method: "POST", path: "/images/{name:.*}/tag", handle: (ctx) => write.tag(backend, ctx) },
    { method: "DELETE", path: "/images/{name:.*}", handle: (ctx) => write.remove(backend, ctx) },
    { method: "POST", path: "/commit", handle: (ctx) => write.commit(backend, ctx) },
    { method: "POST", path: "/auth", handle: (ctx) => registry.login(backend, ctx) },
    {
      method: "GET",
      path: "/distribution/{name:.*}/json",
      since: "1.30",
      handle: (ctx) => registry.distribution(backend, ctx),
    },
    { method: "POST", path: "/build", handle: build },
  ];
}

/** One route for two things: with fromImage it pulls, with fromSrc it imports. */
const create = (backend: ImageBackend, ctx: Parameters<Route["handle"]>[0]): Promise<void> =>
  ctx.query.get("fromImage") ? registry.pull(backend, ctx) : archives.importImage(backend, ctx);

function build(): never {
  throw notImplemented(
    "docker build is not implemented yet: build elsewhere and load the image with docker load",
  );
}
