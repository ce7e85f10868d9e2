import type { ContainerDefaults } from "../../../images/types.ts";
import type { Context } from "../../http/route.ts";
import type { ImageWriting } from "./backend.ts";

/** POST /images/{name}/tag */
export async function tag(backend: ImageWriting, ctx: Context): Promise<void> {
  await backend.tag(ctx.params["name"]!, ctx.query.get("repo") ?? "", ctx.query.get("tag") ?? "");
  ctx.empty(201);
}

/** DELETE /images/{name} */
export async function remove(backend: ImageWriting, ctx: Context): Promise<void> {
  const options = { force: ctx.flag("force"), prune: !ctx.flag("noprune") };
  ctx.json(200, await backend.remove(ctx.params["name"]!, options));
}

/** POST /images/prune */
export async function prune(backend: ImageWriting, ctx: Context): Promise<void> {
  const { deleted, reclaimed } = await backend.prune(ctx.filters(["dangling", "label", "label!", "until"]));
  ctx.json(200, { ImagesDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: reclaimed });
}

/** POST /commit */
export async function commit(backend: ImageWriting, ctx: Context): Promise<void> {
  const query = (name: string): string => ctx.query.get(name) ?? "";
  const config = await ctx.body<ContainerDefaults>();
  const Id = await backend.commit({
    container: query("container"),
    repo: query("repo"),
    tag: query("tag"),
    comment: query("comment"),
    author: query("author"),
    pause: ctx.flag("pause", true),
    changes: ctx.query.getAll("changes"),
    config,
  });
  ctx.json(201, { Id });
}
