import type { SystemInfo, SystemVersion } from "../../../api/schema.ts";
import type { EventBus } from "../../events/bus.ts";
import type { Context, Route } from "../../http/route.ts";
import { streamEvents } from "./events.ts";

export interface SystemBackend {
  info(): Promise<SystemInfo>;
  version(): Promise<SystemVersion>;
  events: EventBus;
  /** Stock 20.10's client takes the session of BuildKit by default if told 2 ("features": {"buildkit": true}). */
  builderVersion(): "1" | "2";
  /** GET /system/df for the given kinds of object. */
  diskUsage(kinds: readonly DiskUsageKind[], ctx: Context): Promise<Record<string, unknown>>;
}

const DISK_USAGE_KINDS = ["container", "image", "volume", "build-cache"] as const;
export type DiskUsageKind = (typeof DISK_USAGE_KINDS)[number];

/** /_ping, /version, /info, /events, /system/df. */
export function systemRoutes(backend: SystemBackend): Route[] {
  return [
    { method: "GET", path: "/_ping", handle: (ctx) => ping(backend, ctx) },
    { method: "HEAD", path: "/_ping", handle: (ctx) => ping(backend, ctx) },
    { method: "GET", path: "/version", handle: async (ctx) => ctx.json(200, await backend.version()) },
    { method: "GET", path: "/info", handle: async (ctx) => ctx.json(200, await backend.info()) },
    { method: "GET", path: "/events", handle: (ctx) => streamEvents(backend.events, ctx) },
    { method: "GET", path: "/system/df", since: "1.25", handle: (ctx) => diskUsage(backend, ctx) },
  ];
}

function ping(backend: SystemBackend, ctx: Context): void {
  ctx.res.setHeader("Builder-Version", backend.builderVersion());
  // For our own client: POST /build tells events, and takes secrets.
  ctx.res.setHeader("Pequod-Build", "1");
  ctx.res.setHeader("Swarm", "inactive");
  ctx.res.setHeader("Cache-Control", "no-cache, no-store, must-revalidate");
  ctx.res.setHeader("Pragma", "no-cache");
  const body = ctx.req.method === "HEAD" ? "" : "OK";
  ctx.res.writeHead(200, { "Content-Type": "text/plain; charset=utf-8", "Content-Length": body.length });
  ctx.res.end(body);
}

async function diskUsage(backend: SystemBackend, ctx: Context): Promise<void> {
  const asked = ctx.query.getAll("type");
  const kinds =
    asked.length === 0 ? DISK_USAGE_KINDS : DISK_USAGE_KINDS.filter((kind) => asked.includes(kind));
  ctx.json(200, await backend.diskUsage(kinds, ctx));
}
