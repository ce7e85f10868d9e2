import { invalidArgument } from "../../errors/errors.ts";

/** The container id of a command that takes nothing else. */
export function onlyId(command: string, rest: readonly string[]): string {
  if (rest.length !== 1)
    throw invalidArgument(`docker-runc: ${JSON.stringify(command)} requires exactly 1 argument(s)`);
  if (rest[0] === "") throw invalidArgument("container id cannot be empty");
  return rest[0]!;
}
