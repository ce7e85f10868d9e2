import { invalidArgument } from "../../../errors/errors.ts";
import type { Context } from "../../http/route.ts";
import type { ImageArchives } from "./backend.ts";
import { ProgressOutput } from "./progress-output.ts";

/** GET /images/get?names= and GET /images/{name}/get */
export async function save(backend: ImageArchives, ctx: Context): Promise<void> {
  const name = ctx.params["name"];
  const names = name === undefined ? ctx.query.getAll("names") : [name];
  if (names.length === 0) throw invalidArgument("no image to save: the parameter names is empty");
  await ctx.stream("application/x-tar", await backend.save(names));
}

/** POST /images/load */
export function load(backend: ImageArchives, ctx: Context): Promise<void> {
  const output = new ProgressOutput(ctx);
  const quiet = ctx.flag("quiet");
  return output.during(() => backend.load(ctx.bytes(), quiet, output.send, ctx.signal));
}

/** POST /images/create?fromSrc= */
export function importImage(backend: ImageArchives, ctx: Context): Promise<void> {
  const output = new ProgressOutput(ctx);
  const query = (name: string): string => ctx.query.get(name) ?? "";
  if (query("fromSrc") === "")
    throw invalidArgument("nothing to create: neither fromImage nor fromSrc is given");
  return output.during(async () => {
    const id = await backend.import({
      source: query("fromSrc"),
      body: ctx.bytes(),
      repo: query("repo"),
      tag: query("tag"),
      message: query("message"),
      platform: query("platform"),
      changes: ctx.query.getAll("changes"),
      progress: output.send,
      signal: ctx.signal,
    });
    output.send({ status: id });
  });
}
