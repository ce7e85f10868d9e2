import type { BuildCache, ContainerSummary, ImageSummary, Volume } from "../../api/schema.ts";

/** What the engine answers about the use of its storage. */
export interface DiskUsage {
  LayersSize?: number;
  Images?: ImageSummary[] | null;
  Containers?: ContainerSummary[] | null;
  Volumes?: Volume[] | null;
  BuildCache?: BuildCache[] | null;
}

/** One kind of objects: how many, how many in use, bytes taken, bytes that could be freed. */
export interface UsageTotal {
  type: string;
  total: number;
  active: number;
  size: number;
  reclaimable: number;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The four lines of `docker system df`. */
export function totalsOf(usage: DiskUsage): UsageTotal[] {
  return [
    imageTotal(usage.Images ?? [], usage.LayersSize ?? 0),
    containerTotal(usage.Containers ?? []),
    volumeTotal(usage.Volumes ?? []),
    cacheTotal(usage.BuildCache ?? []),
  ];
}

function imageTotal(images: ImageSummary[], size: number): UsageTotal {
  const known = images.filter(
    ({ Containers, Size, SharedSize }) => Containers && Size !== -1 && SharedSize !== -1,
  );
  const used = sum(known.map(({ Size, SharedSize }) => Size - SharedSize));
  const active = images.filter(({ Containers }) => Containers > 0).length;
  return { type: "Images", total: images.length, active, size, reclaimable: size - used };
}

function containerTotal(containers: ContainerSummary[]): UsageTotal {
  const isActive = ({ State }: ContainerSummary) => /running|paused|restarting/.test(State ?? "");
  const bytes = (list: ContainerSummary[]) => sum(list.map(({ SizeRw }) => SizeRw ?? 0));
  const active = containers.filter(isActive);
  return {
    type: "Containers",
    total: containers.length,
    active: active.length,
    size: bytes(containers),
    reclaimable: bytes(containers) - bytes(active),
  };
}

function volumeTotal(volumes: Volume[]): UsageTotal {
  const bytes = (list: Volume[]) => sum(list.map(({ UsageData }) => Math.max(0, UsageData?.Size ?? 0)));
  const active = volumes.filter(({ UsageData }) => (UsageData?.RefCount ?? 0) > 0);
  const unused = volumes.filter(({ UsageData }) => UsageData?.RefCount === 0);
  return {
    type: "Local Volumes",
    total: volumes.length,
    active: active.length,
    size: bytes(volumes),
    reclaimable: bytes(unused),
  };
}

function cacheTotal(records: BuildCache[]): UsageTotal {
  const own = records.filter(({ Shared }) => !Shared);
  const bytes = (list: BuildCache[]) => sum(list.map(({ Size }) => Size ?? 0));
  const active = records.filter(({ InUse }) => InUse);
  return {
    type: "Build Cache",
    total: records.length,
    active: active.length,
    size: bytes(own),
    reclaimable: bytes(own) - bytes(own.filter(({ InUse }) => InUse)),
  };
}
