/** The build cache as `docker system df` and `docker builder prune` see it: folders of RUN --mount=type=cache. */
import type { BuildCache } from "../../api/schema.ts";
import type { GCPolicy } from "../config/builder.ts";
import type { CacheMounts } from "./run/cache-mounts.ts";

export interface PruneOptions {
  /** Nanoseconds since 1970: only what was last used before. */
  until: bigint | undefined;
  /** Bytes that may stay; the longest unused go first. */
  keep: number;
  ids: string[];
}

/** Folders of `RUN --mount=type=cache`, as the API shows them. */
export function cacheRecords(mounts: CacheMounts): BuildCache[] {
  return mounts.list().map(({ key, id, size, inUse, created, lastUsed, uses }) => ({
    ID: key,
    Parents: null,
    Type: "exec.cachemount",
    Description: `cached mount ${id}`,
    InUse: inUse,
    Shared: false,
    Size: size,
    CreatedAt: new Date(created).toISOString(),
    LastUsedAt: new Date(lastUsed).toISOString(),
    UsageCount: uses,
  }));
}

/** What policies say goes, one after the other. */
export function collectGarbage(
  mounts: CacheMounts,
  policies: readonly GCPolicy[],
  now = Date.now(),
): string[] {
  return policies.flatMap(({ unusedFor, keep }) => {
    const until = unusedFor === 0 ? undefined : BigInt(now - unusedFor) * 1_000_000n;
    return pruneCacheMounts(mounts, { until, keep, ids: [] }).keys;
  });
}

/** Removes cache folders that nobody uses at the moment; gives what went. */
export function pruneCacheMounts(
  mounts: CacheMounts,
  options: PruneOptions,
): { keys: string[]; bytes: number } {
  const all = mounts.list();
  let left = all.reduce((sum, { size }) => sum + size, 0);
  const keys: string[] = [];
  let bytes = 0;
  for (const { key, size, inUse, lastUsed } of all.sort((a, b) => a.lastUsed - b.lastUsed)) {
    const old = options.until === undefined || BigInt(lastUsed) * 1_000_000n <= options.until;
    const named = options.ids.length === 0 || options.ids.some((id) => key.startsWith(id));
    if (inUse || !old || !named || (options.keep > 0 && left <= options.keep)) continue;
    mounts.remove(key);
    keys.push(key);
    bytes += size;
    left -= size;
  }
  return { keys, bytes };
}
