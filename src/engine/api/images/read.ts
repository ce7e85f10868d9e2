import type { ImageInspect, ImageSummary } from "../../../api/schema.ts";
import type { ContainerDefaults } from "../../../images/types.ts";
import type { Context } from "../../http/route.ts";
import type { ApiVersion } from "../../http/version.ts";
import type { ImageReading, LegacyInspect } from "./backend.ts";
import { inspectConfig } from "./config-form.ts";

const LIST_FILTERS = ["before", "dangling", "label", "label!", "reference", "since", "until"];

/** GET /images/json */
export async function list(backend: ImageReading, ctx: Context): Promise<void> {
  const filters = ctx.filters(LIST_FILTERS);
  const old = ctx.query.get("filter");
  if (old && !ctx.version.atLeast("1.41"))
    filters.set("reference", [...(filters.get("reference") ?? []), old]);
  const images = await backend.list({ all: ctx.flag("all"), filters, sharedSize: ctx.flag("shared-size") });
  ctx.json(
    200,
    images.map((image) => summaryFor(ctx.version, image)),
  );
}

/** GET /images/{name}/json */
export async function inspect(backend: ImageReading, ctx: Context): Promise<void> {
  ctx.json(200, inspectFor(ctx.version, await backend.inspect(ctx.params["name"]!)));
}

/** GET /images/{name}/history */
export async function history(backend: ImageReading, ctx: Context): Promise<void> {
  ctx.json(200, await backend.history(ctx.params["name"]!));
}

/** Before 1.43 a nameless image was shown with names made of "<none>"; before 1.44 its size twice. */
function summaryFor(version: ApiVersion, image: ImageSummary): ImageSummary {
  const shown = { ...image };
  if (!version.atLeast("1.44")) shown.VirtualSize = image.Size;
  if (version.atLeast("1.43") || image.RepoTags.length > 0) return shown;
  if (image.RepoDigests.length === 0)
    return { ...shown, RepoTags: ["<none>:<none>"], RepoDigests: ["<none>@<none>"] };
  const name = image.RepoDigests[0]?.split("@")[0];
  return { ...shown, RepoTags: [`${name}:<none>`] };
}

function inspectFor(version: ApiVersion, image: ImageInspect & LegacyInspect): ImageInspect & LegacyInspect {
  const { Container, ContainerConfig, ...shown } = image;
  const legacy: LegacyInspect = version.atLeast("1.45")
    ? {}
    : {
        Container: Container ?? "",
        ContainerConfig: inspectConfig(version, ContainerConfig ?? {}) as ContainerDefaults,
      };
  return {
    ...shown,
    ...legacy,
    Config: inspectConfig(version, image.Config ?? {}),
    ...(version.atLeast("1.44")
      ? undefined
      : { VirtualSize: image.Size ?? 0, Created: image.Created ?? NEVER }),
  };
}

const NEVER = "0001-01-01T00:00:00Z";
