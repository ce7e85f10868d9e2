import { invalidArgument } from "../../errors/errors.ts";

/** The container id of a command that takes nothing else. */
export function onlyId(command: string, rest: readonly string[]): string {
  if (rest.length !== 1 || rest[0] === "")
    throw invalidArgument(`docker-runc ${command}: want exactly one argument, the container's id`);
  return rest[0]!;
}
