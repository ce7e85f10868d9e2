import { notImplemented } from "../../../errors/errors.ts";
import type { Builder } from "../../build/service.ts";
import type { BuildOutput } from "../../build/types.ts";
import type { Context, Route } from "../../http/route.ts";
import { StreamOutput } from "./output.ts";
import { type PruneImages, pruneBuilds } from "./prune.ts";
import { readRequest } from "./request.ts";
import { serveSession } from "./session.ts";

/** Where a build's words go, and how it ended. */
interface Answer extends BuildOutput {
  finish(id: string): Promise<void>;
  /** Errors: the given one, if nothing has been sent yet. */
  fail(error: unknown): Promise<void>;
}

/** Routes of builds and of their cache. */
export function buildRoutes(builder: Builder, pruneImages: PruneImages): Route[] {
  return [
    { method: "POST", path: "/build", handle: (ctx) => build(builder, ctx) },
    {
      method: "POST",
      path: "/build/cancel",
      since: "1.31",
      handle(ctx) {
        builder.jobs.cancel(ctx.query.get("id") ?? "");
        ctx.empty(200);
      },
    },
    {
      method: "POST",
      path: "/build/prune",
      since: "1.31",
      handle: (ctx) => pruneBuilds(builder, pruneImages, ctx),
    },
    { method: "POST", path: "/grpc", handle: refuseGrpc },
    { method: "POST", path: "/session", since: "1.31", handle: (ctx) => serveSession(builder.sessions, ctx) },
  ];
}

/** BuildKit's own API, by which buildx drives an engine. */
function refuseGrpc(): never {
  throw notImplemented(
    "this engine does not serve BuildKit's gRPC API (/grpc), which buildx builds with: set DOCKER_BUILDKIT=0, use the docker command that came with the engine, or give buildx a builder of its own (docker buildx create --driver docker-container)",
  );
}

const UPLOAD = "upload-request";

async function build(builder: Builder, ctx: Context): Promise<void> {
  const name = ctx.query.get("buildid") ?? "";
  if (name.startsWith(`${UPLOAD}:`)) {
    await builder.jobs.offer(name.slice(UPLOAD.length + 1), ctx.bytes());
    return ctx.empty(200);
  }
  if (ctx.flag("check")) return ctx.json(200, await builder.check(await readRequest(ctx, builder.sessions)));
  const job = name === "" ? undefined : builder.jobs.begin(name);
  try {
    const request = await readRequest(ctx, builder.sessions);
    if (job) request.signal = AbortSignal.any([request.signal, job.signal]);
    if (request.remote === UPLOAD)
      Object.assign(request, { remote: "", body: await builder.jobs.take(name) });
    const out = await answerTo(ctx, request.quiet);
    try {
      await out.finish(await builder.build(request, out));
    } catch (error) {
      await out.fail(error);
    }
  } finally {
    job?.end();
  }
}

/** Clients of BuildKit (version=2) want its trace; others, text or events. */
async function answerTo(ctx: Context, quiet: boolean): Promise<Answer> {
  const open = () => ctx.jsonStream();
  if (ctx.query.get("version") !== "2") return new StreamOutput(open, { events: ctx.flag("events"), quiet });
  const { TraceOutput } = await import("./trace.ts");
  return new TraceOutput(open, quiet);
}
