import { invalidArgument } from "../../errors/errors.ts";

/** "/volumes/NAME". Errors: invalidArgument for an empty name. */
export function volumePath(name: string): string {
  const trimmed = name.trim();
  if (trimmed === "") throw invalidArgument("invalid volume name or ID: value is empty");
  return `/volumes/${encodeURIComponent(trimmed)}`;
}
