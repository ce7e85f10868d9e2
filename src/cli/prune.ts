import type { Cli } from "./cli.ts";
import { confirm } from "./confirm.ts";
import { filtersOf } from "./flags/filter.ts";

export interface PruneQuestion {
  /** Do not ask. */
  force: boolean;
  warning: string;
}

/** Whether to go on: asks unless forced. */
export function agreed(cli: Cli, { force, warning }: PruneQuestion): boolean {
  return force || confirm(cli, `${warning}\nAre you sure you want to continue?`);
}

/** The `filters` of a prune: the flags' and those of the configuration (`pruneFilters`). */
export function pruneFilters(
  cli: Cli,
  given: readonly string[],
  more: Record<string, string[]> = {},
): string | undefined {
  const configured = cli.config["pruneFilters"];
  return filtersOf([...(Array.isArray(configured) ? configured.map(String) : []), ...given], more);
}

/** "Deleted Networks:" and what they were; nothing when there were none. */
export function deletedText(what: string, names: readonly string[]): string {
  return names.length === 0 ? "" : `${what}:\n${names.map((name) => `${name}\n`).join("")}\n`;
}
