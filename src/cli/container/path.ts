import { invalidArgument } from "../../errors/errors.ts";

/** "/containers/NAME" and what follows. Errors: invalidArgument for an empty name. */
export function containerPath(name: string, rest = ""): string {
  const trimmed = name.trim();
  if (trimmed === "") throw invalidArgument("invalid container name or ID: value is empty");
  return `/containers/${encodeURIComponent(trimmed)}${rest}`;
}
