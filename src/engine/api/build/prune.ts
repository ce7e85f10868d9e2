import type { ImageDeleteResponseItem } from "../../../api/schema.ts";
import { pruneCacheMounts } from "../../build/cache-records.ts";
import type { Builder } from "../../build/service.ts";
import type { Context } from "../../http/route.ts";
import { untilNanos } from "../until.ts";

/** What is needed of the image side: the steps of builds are images, and those that nothing stands on can go. */
export type PruneImages = (
  filters: Map<string, string[]>,
) => Promise<{ deleted: ImageDeleteResponseItem[]; reclaimed: number }>;

/** POST /build/prune: cache folders; and with `all` the steps of former builds, too. */
export async function pruneBuilds(builder: Builder, pruneImages: PruneImages, ctx: Context): Promise<void> {
  const filters = ctx.filters();
  const until = filters.get("until") ?? filters.get("unused-for");
  const { keys, bytes } = pruneCacheMounts(builder.env.cacheMounts, {
    until: untilNanos(until),
    keep: ctx.number("keep-storage") ?? ctx.number("reserved-space") ?? 0,
    ids: filters.get("id") ?? [],
  });
  const images = ctx.flag("all")
    ? await pruneImages(
        new Map([["dangling", ["true"]], ...(until ? [["until", until] as const] : [])] as [
          string,
          string[],
        ][]),
      )
    : { deleted: [], reclaimed: 0 };
  const removed = images.deleted.flatMap(({ Deleted }) => Deleted ?? []);
  ctx.json(200, { CachesDeleted: [...keys, ...removed], SpaceReclaimed: bytes + images.reclaimed });
}
