import type { Cli } from "../cli.ts";
import { defineCommand } from "../command.ts";
import { PRUNE_FILTER, PRUNE_FORCE } from "../flags/common.ts";
import { naturalCompare } from "../format/natural.ts";
import { humanSize } from "../format/size.ts";
import { deletedImages, type PrunedImages } from "../image/prune.ts";
import { agreed, deletedText, pruneFilters } from "../prune.ts";

interface Options {
  all: boolean;
  volumes: boolean;
  filter: string[];
}

/** What one kind of prune answers: lists of what went, and the bytes. */
interface Pruned extends PrunedImages {
  ContainersDeleted?: string[] | null;
  NetworksDeleted?: string[] | null;
  VolumesDeleted?: string[] | null;
  CachesDeleted?: string[] | null;
}

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "Remove what is not used",
  since: "1.25",
  count: { most: 0 },
  flags: {
    all: {
      kind: "bool",
      short: "a",
      help: "Remove all images that no container uses, not only those without a name",
    },
    filter: { ...PRUNE_FILTER, since: "1.28" },
    force: PRUNE_FORCE,
    volumes: { kind: "bool", help: "Remove anonymous volumes as well" },
  },
  async run(cli, { flags }) {
    const given = flags.filter.map((text) => text.split("=", 1)[0]!.trim().toLowerCase());
    if (flags.volumes && given.includes("until"))
      throw new Error('ERROR: The "until" filter is not supported with "--volumes"');
    if (!agreed(cli, { force: flags.force, warning: warningFor(cli, flags) })) return 0;
    const reclaimed = await pruneAll(cli, flags);
    cli.out(`Total reclaimed space: ${humanSize(reclaimed)}\n`);
    return 0;
  },
});

function warningFor(cli: Cli, { all, volumes, filter }: Options): string {
  const kinds = [
    "all stopped containers",
    "all networks not used by at least one container",
    ...(volumes ? ["all anonymous volumes not used by at least one container"] : []),
    all ? "all images without at least one container associated to them" : "all dangling images",
    all ? "all build cache" : "unused build cache",
  ];
  const configured = cli.config["pruneFilters"];
  const filters = [...(Array.isArray(configured) ? configured.map(String) : []), ...filter]
    .filter((text) => /^(label!?|until)=/.test(text))
    .sort(naturalCompare);
  const list = (items: string[]) => items.map((item) => `  - ${item}\n`).join("");
  const filtered =
    filters.length > 0 ? `\n  Items to be pruned will be filtered with:\n${list(filters)}` : "";
  return `WARNING! This will remove:\n${list(kinds)}${filtered}`;
}

/** Prunes kind by kind and prints what went; returns the bytes freed. */
async function pruneAll(cli: Cli, { all, volumes, filter }: Options): Promise<number> {
  let reclaimed = 0;
  const prune = async (path: string, more: Record<string, string[]> = {}, query = {}): Promise<Pruned> => {
    const filters = pruneFilters(cli, filter, more);
    const pruned = await cli.client.json<Pruned>("POST", path, { query: { filters, ...query } });
    reclaimed += pruned.SpaceReclaimed ?? 0;
    return pruned;
  };
  const show = (what: string, names: string[] | null | undefined) => cli.out(deletedText(what, names ?? []));
  show("Deleted Containers", (await prune("/containers/prune")).ContainersDeleted);
  show("Deleted Networks", (await prune("/networks/prune")).NetworksDeleted);
  if (volumes) show("Deleted Volumes", (await prune("/volumes/prune")).VolumesDeleted);
  cli.out(deletedImages((await prune("/images/prune", { dangling: [String(!all)] })).ImagesDeleted ?? []));
  show("Deleted build cache objects", (await prune("/build/prune", {}, { all })).CachesDeleted);
  return reclaimed;
}
