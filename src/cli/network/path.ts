import { invalidArgument } from "../../errors/errors.ts";

/** "/networks/NAME" and what follows. Errors: invalidArgument for an empty name. */
export function networkPath(name: string, rest = ""): string {
  const trimmed = name.trim();
  if (trimmed === "") throw invalidArgument("invalid network name or ID: value is empty");
  return `/networks/${encodeURIComponent(trimmed)}${rest}`;
}
