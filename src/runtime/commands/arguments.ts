import { type EngineError, invalidArgument } from "../../errors/errors.ts";

/** A command line that cannot be what was meant; flags.ts throws such errors too. */
export const usageError = (message: string): EngineError =>
  invalidArgument(message, { data: { usage: true } });

/** Whether the error is about the command line itself. */
export const isUsageError = (error: unknown): boolean =>
  (error as Partial<EngineError> | undefined)?.data?.["usage"] === true;

/** Throws for arguments of a command that takes none, in runc's words. */
export function noArguments(command: string, rest: readonly string[]): void {
  if (rest.length > 0)
    throw usageError(`docker-runc: ${JSON.stringify(command)} requires exactly 0 argument(s)`);
}

/** The first argument of a command that takes one or more, in runc's words. */
export function firstOf(command: string, rest: readonly string[]): string {
  if (rest[0] === undefined)
    throw usageError(`docker-runc: ${JSON.stringify(command)} requires a minimum of 1 argument(s)`);
  if (rest[0] === "") throw invalidArgument("container id cannot be empty");
  return rest[0];
}

/** The container id of a command that takes nothing else. */
export function onlyId(command: string, rest: readonly string[]): string {
  if (rest.length !== 1)
    throw usageError(`docker-runc: ${JSON.stringify(command)} requires exactly 1 argument(s)`);
  if (rest[0] === "") throw invalidArgument("container id cannot be empty");
  return rest[0]!;
}
