import { invalidArgument } from "../../../errors/errors.ts";
import { credentialsFrom, parseAuthHeader } from "../../../images/registry/credentials.ts";
import type { Context } from "../../http/route.ts";
import type { ImageTransport } from "./backend.ts";
import { ProgressOutput } from "./progress-output.ts";

/** A header that may come more than once counts with its first value. */
export function authOf(ctx: Context): ReturnType<typeof parseAuthHeader> {
  const header = ctx.req.headers["x-registry-auth"];
  return parseAuthHeader(Array.isArray(header) ? header[0] : header);
}

/** POST /images/create?fromImage= */
export function pull(backend: ImageTransport, ctx: Context): Promise<void> {
  const output = new ProgressOutput(ctx);
  const options = {
    name: ctx.query.get("fromImage") ?? "",
    tag: ctx.query.get("tag") ?? "",
    platform: ctx.query.get("platform") ?? "",
    credentials: authOf(ctx),
    progress: output.send,
    signal: ctx.signal,
  };
  return output.during(() => backend.pull(options));
}

/** POST /images/{name}/push */
export function push(backend: ImageTransport, ctx: Context): Promise<void> {
  const output = new ProgressOutput(ctx);
  const options = {
    name: ctx.params["name"]!,
    tag: ctx.query.get("tag") ?? "",
    credentials: authOf(ctx),
    progress: output.send,
    signal: ctx.signal,
  };
  return output.during(() => backend.push(options));
}

/** GET /images/search */
export async function search(backend: ImageTransport, ctx: Context): Promise<void> {
  const filters = ctx.filters(["is-automated", "is-official", "stars"]);
  const limit = ctx.number("limit") ?? 0;
  if (limit < 0 || limit > 100) throw invalidArgument(`Limit ${limit} is outside the range of [1, 100]`);
  const term = ctx.query.get("term") ?? "";
  const found = await backend.search({ term, limit, filters, credentials: authOf(ctx), signal: ctx.signal });
  ctx.json(200, found);
}

/** POST /auth */
export async function login(backend: ImageTransport, ctx: Context): Promise<void> {
  const credentials = credentialsFrom(await ctx.body<unknown>());
  const { status, identityToken } = await backend.login(credentials, ctx.signal);
  ctx.json(200, { Status: status, IdentityToken: identityToken });
}

/** GET /distribution/{name}/json */
export async function distribution(backend: ImageTransport, ctx: Context): Promise<void> {
  ctx.json(200, await backend.distribution(ctx.params["name"]!, authOf(ctx), ctx.signal));
}
