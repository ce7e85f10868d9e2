/** `builder` of daemon.json: what of the build cache is kept after a build. */
import { invalidArgument } from "../../errors/errors.ts";
import { parseSize } from "../../units/size.ts";

/** What has not been used for so long goes, the longest unused first, as long as all is larger than what is kept. */
export interface GCPolicy {
  /** Milliseconds; 0 for any. */
  unusedFor: number;
  /** Bytes. */
  keep: number;
}

const HOUR = 3_600_000;
const UNITS: Record<string, number> = { h: HOUR, m: 60_000, s: 1000 };

/** As stock: folders of the cache are soon given up, but for the last ones; and all together have a limit. */
export const defaultPolicies = (keep = 20 * 1024 ** 3): GCPolicy[] => [
  { unusedFor: 48 * HOUR, keep: Math.min(512 * 1000 ** 2, keep) },
  { unusedFor: 0, keep },
];

interface Policy {
  keepStorage?: string;
  reservedSpace?: string;
  filter?: string[] | Record<string, Record<string, boolean>>;
  all?: boolean;
}

/** {"gc": {"enabled", "defaultKeepStorage", "policy": [{"keepStorage", "filter": ["unused-for=48h"]}]}}. Errors: invalidArgument. */
export function readBuilderGC(value: unknown): GCPolicy[] {
  const {
    gc,
    entitlements: _,
    ...others
  } = value as {
    gc?: { enabled?: boolean; defaultKeepStorage?: string; defaultReservedSpace?: string; policy?: Policy[] };
    entitlements?: unknown;
  };
  const unknown = Object.keys(others);
  if (unknown.length > 0)
    throw invalidArgument(`invalid value for builder: there is no ${unknown.join(", ")}`);
  if (gc?.enabled === false) return [];
  const size = gc?.defaultKeepStorage ?? gc?.defaultReservedSpace;
  const keep = size === undefined ? undefined : parseSize(size);
  if (!gc?.policy) return defaultPolicies(keep);
  return gc.policy.map((policy) => ({
    unusedFor: unusedFor(policy.filter),
    keep: sizeOf(policy.keepStorage ?? policy.reservedSpace) ?? keep ?? 0,
  }));
}

const sizeOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parseSize(text);

function unusedFor(filter: Policy["filter"] = []): number {
  const words = Array.isArray(filter)
    ? filter
    : Object.entries(filter).flatMap(([key, values]) => Object.keys(values).map((one) => `${key}=${one}`));
  for (const word of words) {
    const age = /^unused-for=((?:\d+[hms])+)$/.exec(word)?.[1];
    if (age === undefined)
      throw invalidArgument(
        `invalid value for builder: filter ${JSON.stringify(word)} is not "unused-for=48h"`,
      );
    return [...age.matchAll(/(\d+)([hms])/g)].reduce(
      (sum, [, n, unit]) => sum + Number(n) * UNITS[unit!]!,
      0,
    );
  }
  return 0;
}
