import { invalidArgument } from "../../errors/errors.ts";

/**
 * The labels after an update: all of the new ones without a mask or with "labels" in it; with paths
 * "labels.<name>", those names only (an empty value removes the label, as containerd does).
 */
export function maskedLabels(
  old: Record<string, string>,
  given: Record<string, string>,
  paths: readonly string[] | undefined,
): Record<string, string> {
  if (!paths?.length || paths.includes("labels")) return withoutEmpty(given);
  const labels = { ...old };
  for (const path of paths) {
    if (!path.startsWith("labels.")) continue;
    const name = path.slice("labels.".length);
    const value = given[name] ?? "";
    if (value === "") delete labels[name];
    else labels[name] = value;
  }
  return labels;
}

/** A label without a value is none. */
export function withoutEmpty(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ""));
}

/** Whether a field is to be updated: it is in the mask, or there is no mask. */
export function masked(paths: readonly string[] | undefined, field: string): boolean {
  return !paths?.length || paths.some((path) => path === field || path.startsWith(`${field}.`));
}

/** Errors: invalidArgument when the mask names a field that cannot be updated. */
export function checkMask(
  paths: readonly string[] | undefined,
  fields: readonly string[],
  what: string,
): void {
  for (const path of paths ?? []) {
    if (!fields.some((field) => path === field || path.startsWith(`${field}.`)))
      throw invalidArgument(`cannot update ${JSON.stringify(path)} field on ${what}: invalid argument`);
  }
}
