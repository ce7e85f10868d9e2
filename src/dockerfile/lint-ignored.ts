/** The linter's check of files that .dockerignore keeps out of the context. */
import { posix } from "node:path";
import type { IgnoreRules } from "./ignore.ts";
import type { Dockerfile, Warning } from "./types.ts";

/** What COPY and ADD take from the context that is not in it; nothing where exceptions make it hard to tell. */
export function lintIgnored({ stages, checks }: Dockerfile, rules: IgnoreRules): Warning[] {
  const rule = "CopyIgnoredFile";
  if (!checks.wants(rule) || rules.hasExceptions) return [];
  return stages
    .flatMap(({ instructions }) => instructions)
    .flatMap((one) => {
      if ((one.kind !== "COPY" && one.kind !== "ADD") || one.from !== undefined) return [];
      const word = one.kind === "COPY" ? "Copy" : "Add";
      return one.sources
        .filter((source) => !/^[a-z]+:\/\/|^git@/.test(source) && rules.ignores(inContext(source)))
        .map((source) => ({
          rule,
          line: one.first,
          message: `Attempting to ${word} file ${JSON.stringify(source)} that is excluded by .dockerignore`,
        }));
    });
}

const inContext = (source: string): string => posix.normalize(`/${source}`).slice(1).replace(/\/$/, "");
