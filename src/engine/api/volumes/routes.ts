import type { Volume } from "../../../api/schema.ts";
import { invalidArgument } from "../../../errors/errors.ts";
import type { EventBus } from "../../events/bus.ts";
import { matchesText, truthOf } from "../../http/filters.ts";
import type { Context, Route } from "../../http/route.ts";
import { ANONYMOUS_LABEL } from "../../volumes/store.ts";
import { isPlain, type VolumeCreate, type VolumeStore } from "../../volumes/types.ts";
import { matchesLabels } from "../labels.ts";

export interface VolumeBackend {
  volumes: VolumeStore;
  events: EventBus;
  /** Bytes that a volume takes on disk. */
  sizeOf(path: string): Promise<number>;
}

/** /volumes of the Engine API. */
export function volumeRoutes(backend: VolumeBackend): Route[] {
  return [
    { method: "GET", path: "/volumes", handle: (ctx) => list(backend, ctx) },
    { method: "POST", path: "/volumes/create", handle: (ctx) => create(backend, ctx) },
    { method: "POST", path: "/volumes/prune", since: "1.25", handle: (ctx) => prune(backend, ctx) },
    {
      method: "GET",
      path: "/volumes/{name:.*}",
      handle: (ctx) => ctx.json(200, backend.volumes.get(ctx.params["name"]!)),
    },
    { method: "DELETE", path: "/volumes/{name:.*}", handle: (ctx) => remove(backend, ctx) },
  ];
}

const LIST_FILTERS = ["dangling", "driver", "label", "name"];

function list({ volumes }: VolumeBackend, ctx: Context): void {
  const filters = ctx.filters(LIST_FILTERS);
  const dangling = truthOf(filters, "dangling");
  const found = volumes.list().filter((volume) => {
    const free = volumes.holders(volume.Name!).length === 0;
    if (dangling !== undefined && free !== dangling) return false;
    if (filters.has("driver") && !filters.get("driver")!.includes(volume.Driver!)) return false;
    if (filters.has("name") && !filters.get("name")!.some((wanted) => matchesText(wanted, volume.Name!)))
      return false;
    return matchesLabels(filters.get("label"), volume.Labels);
  });
  ctx.json(200, { Volumes: found, Warnings: null });
}

async function create({ volumes }: VolumeBackend, ctx: Context): Promise<void> {
  const request = (await ctx.body<VolumeCreate>()) ?? {};
  checkTypes(request);
  ctx.json(201, await volumes.create(request));
}

function checkTypes(request: VolumeCreate): void {
  const { Name, Driver, Labels, DriverOpts } = request as Record<string, unknown>;
  const areTexts = (values: unknown) =>
    Object.values(values ?? {}).every((value) => typeof value === "string");
  const wrong = Object.entries({ Name, Driver }).find(
    ([, value]) => value != null && typeof value !== "string",
  );
  if (wrong) throw invalidArgument(`invalid JSON: ${wrong[0]} must be a string`);
  for (const [name, map] of Object.entries({ Labels, DriverOpts }))
    if (map != null && (typeof map !== "object" || Array.isArray(map) || !areTexts(map)))
      throw invalidArgument(`invalid JSON: ${name} must be an object of strings`);
}

async function remove({ volumes }: VolumeBackend, ctx: Context): Promise<void> {
  await volumes.remove(ctx.params["name"]!, ctx.flag("force"));
  ctx.empty(204);
}

/** From 1.42 on only anonymous volumes go, unless the filter all=true is given; those of plugins and with options stay. */
async function prune({ volumes, events, sizeOf }: VolumeBackend, ctx: Context): Promise<void> {
  const filters = ctx.filters(["all", "label", "label!"]);
  const asked = truthOf(filters, "all") === true;
  const all = asked || !ctx.version.atLeast("1.42");
  const goes = (volume: Volume) =>
    isPlain(volume) &&
    volumes.holders(volume.Name!).length === 0 &&
    (all || volume.Labels?.[ANONYMOUS_LABEL] !== undefined) &&
    matchesLabels(filters.get("label"), volume.Labels, filters.get("label!"));
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const volume of volumes.list().filter(goes)) {
    const size = await sizeOf(volume.Mountpoint!);
    await volumes.remove(volume.Name!);
    reclaimed += size;
    deleted.push(volume.Name!);
  }
  events.publish("volume", "prune", "", { reclaimed: String(reclaimed) });
  ctx.json(200, { VolumesDeleted: deleted, SpaceReclaimed: reclaimed });
}
