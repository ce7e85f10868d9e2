/** The linter's checks of FROM: names and casing of stages, platforms, arguments in base names. */
import { expandWord } from "./expand.ts";
import { didYouMean } from "./suggest.ts";
import type { Dockerfile, Report, Stage } from "./types.ts";

const RESERVED = ["scratch", "context"];
/** Arguments that are there without being declared. */
const GLOBAL_ARGS: readonly string[] = ["TARGET", "BUILD"].flatMap((prefix) =>
  ["PLATFORM", "OS", "ARCH", "VARIANT", "OSVERSION"].map((name) => prefix + name),
);

/** Checks FROM lines: how they are spelled, and the names of stages. */
export function lintStages({ stages }: Dockerfile, report: Report): void {
  const seen = new Set<string>();
  for (const { name, text, first } of stages) {
    const [keyword = "", , as, written = ""] = text.split(/\s+/).filter((word) => !word.startsWith("--"));
    if (name === "") continue;
    if (written !== name) report(first, "StageNameCasing", `Stage name '${written}' should be lowercase`);
    if (as && (as === as.toUpperCase()) !== (keyword === keyword.toUpperCase()))
      report(first, "FromAsCasing", `'${as}' and '${keyword}' keywords' casing do not match`);
    if (RESERVED.includes(name)) {
      const message = `Stage name should not use the same name as reserved stage "${name}"`;
      report(first, "ReservedStageName", message);
    }
    if (seen.has(name))
      report(first, "DuplicateStageName", `Duplicate stage name "${name}", stage names should be unique`);
    seen.add(name);
  }
}

/** What the arguments before the first FROM make of base names and platforms, if no others are given. */
export function lintBases(dockerfile: Dockerfile, report: Report): void {
  const defaults = new Map<string, string>();
  const declared = new Set(GLOBAL_ARGS);
  for (const { key, value } of dockerfile.metaArgs.flatMap(({ args }) => args)) {
    declared.add(key);
    if (value !== undefined) defaults.set(key, expanded(value, defaults, dockerfile.escape).text ?? "");
  }
  for (const stage of dockerfile.stages) {
    lintPlatform(stage, report);
    for (const word of [stage.base, stage.platform]) {
      const { missing } = expanded(word, defaults, dockerfile.escape);
      for (const name of missing.filter((one) => !declared.has(one)))
        report(
          stage.first,
          "UndefinedArgInFrom",
          `FROM argument '${name}' is not declared${didYouMean(name, [...declared])}`,
        );
    }
    const base = expanded(stage.base, defaults, dockerfile.escape).text;
    if (stage.base.includes("$") && base !== undefined && !isName(base)) {
      const message = `Default value for ARG ${stage.base} results in empty or invalid base image name`;
      report(stage.first, "InvalidDefaultArgInFrom", message);
    }
  }
}

/** undefined for what cannot be expanded: that is an error, and said as such. */
function expanded(
  word: string,
  values: ReadonlyMap<string, string>,
  escapeChar: string,
): { text: string | undefined; missing: string[] } {
  const missing: string[] = [];
  const expansion = {
    lookup: (name: string) => values.get(name) ?? (GLOBAL_ARGS.includes(name) ? "x" : undefined),
    escape: escapeChar,
    missing: (name: string) => void missing.push(name),
  };
  try {
    return { text: expandWord(word, expansion), missing };
  } catch {
    return { text: undefined, missing: [] };
  }
}

const NAME =
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[A-Za-z0-9+._-]+:[0-9a-fA-F]{32,})?$/;
const isName = (text: string): boolean => NAME.test(text);

function lintPlatform({ platform, name, first }: Stage, report: Report): void {
  if (platform === "") return;
  const variable = /^\$\{?TARGETPLATFORM\}?$/.test(platform);
  if (variable) {
    const message = `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`;
    report(first, "RedundantTargetPlatform", message);
  }
  if (platform.includes("$")) return;
  const [os = "", architecture = os] = platform.split("/");
  if (name !== "" && (name.includes(os) || name.includes(architecture))) return;
  const message = `FROM --platform flag should not use constant value "${platform}"`;
  report(first, "FromPlatformFlagConstDisallowed", message);
}
