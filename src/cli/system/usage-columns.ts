import type { BuildCache } from "../../api/schema.ts";
import { ago } from "../format/duration.ts";
import { goTimeOf } from "../format/go-time.ts";
import type { Columns } from "../format/list.ts";
import { humanSize } from "../format/size.ts";
import { shortId } from "../format/text.ts";
import type { UsageTotal } from "./usage.ts";

export const TOTAL_HEADERS: Record<string, string> = {
  Type: "TYPE",
  TotalCount: "TOTAL",
  Active: "ACTIVE",
  Size: "SIZE",
  Reclaimable: "RECLAIMABLE",
};

/** The columns of one line of `docker system df`. */
export function totalColumns({ type, total, active, size, reclaimable }: UsageTotal): Columns {
  const share = size > 0 && type !== "Build Cache" ? ` (${Math.trunc((reclaimable * 100) / size)}%)` : "";
  return {
    Type: () => type,
    TotalCount: () => String(total),
    Active: () => String(active),
    Size: () => humanSize(size),
    Reclaimable: () => `${humanSize(reclaimable)}${share}`,
  };
}

export const CACHE_HEADERS: Record<string, string> = {
  ID: "CACHE ID",
  Parent: "PARENT",
  CacheType: "CACHE TYPE",
  Size: "SIZE",
  CreatedSince: "CREATED",
  LastUsedSince: "LAST USED",
  UsageCount: "USAGE",
  InUse: "IN USE",
  Shared: "SHARED",
  Description: "DESCRIPTION",
};

/** The columns of a record of the build cache. */
export function cacheColumns(record: BuildCache, short: boolean): Columns {
  const { ID = "", Parent, Parents, InUse = false, LastUsedAt } = record;
  const cut = (id: string) => (short ? shortId(id) : id);
  return {
    ID: () => cut(ID) + (InUse ? "*" : ""),
    Parent: () => cut(Parent || (Parents ?? []).join(", ")),
    CacheType: () => record.Type ?? "",
    Description: () => record.Description ?? "",
    Size: () => humanSize(record.Size ?? 0),
    CreatedAt: () => goTimeOf(record.CreatedAt ?? ""),
    CreatedSince: () => ago(secondsOf(record.CreatedAt)),
    LastUsedAt: () => (LastUsedAt ? goTimeOf(LastUsedAt) : ""),
    LastUsedSince: () => (LastUsedAt ? ago(secondsOf(LastUsedAt)) : ""),
    UsageCount: () => String(record.UsageCount ?? 0),
    InUse: () => String(InUse),
    Shared: () => String(record.Shared ?? false),
  };
}

const secondsOf = (text: string | undefined) => Date.parse(text ?? "") / 1000;

/** Least recently used first, those never used before all. */
export function byLastUse(a: BuildCache, b: BuildCache): number {
  const [left, right] = [a.LastUsedAt ?? "", b.LastUsedAt ?? ""];
  if (left === "" || right === "") return left === right ? compareIds(a, b) : left === "" ? -1 : 1;
  return Date.parse(left) - Date.parse(right) || compareIds(a, b);
}

const compareIds = (a: BuildCache, b: BuildCache) => ((a.ID ?? "") < (b.ID ?? "") ? -1 : 1);
