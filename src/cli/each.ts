import type { Cli } from "./cli.ts";
import { ExitError } from "./command.ts";
import { describe } from "./describe.ts";

/**
 * Acts on objects one after the other; those where it fails do not stop the rest. What the action returns is printed.
 * Errors: ExitError with all messages, when everything has been tried.
 */
export async function eachInTurn(
  cli: Cli,
  names: readonly string[],
  action: (name: string) => Promise<string | undefined>,
): Promise<void> {
  const errors: string[] = [];
  for (const name of names) {
    try {
      const line = await action(name);
      if (line !== undefined) cli.out(`${line}\n`);
    } catch (error) {
      errors.push(describe(error));
    }
  }
  if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
}
