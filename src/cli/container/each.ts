import type { Cli } from "../cli.ts";
import { ExitError } from "../command.ts";
import { describe } from "../describe.ts";

async function errorOf(action: () => Promise<void>): Promise<string | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return describe(error);
  }
}

/**
 * Acts on all containers at once and prints, in their order, the names of those where it worked; `printed` leaves some
 * of them out. Errors: ExitError with all messages, when everything has been tried.
 */
export async function forEachContainer(
  cli: Cli,
  names: readonly string[],
  action: (name: string) => Promise<void>,
  printed: (name: string) => boolean = () => true,
): Promise<void> {
  const outcomes = names.map((name) => errorOf(() => action(name)));
  const errors: string[] = [];
  for (let i = 0; i < names.length; i++) {
    const error = await outcomes[i];
    if (error !== undefined) errors.push(error);
    else if (printed(names[i]!)) cli.out(`${names[i]}\n`);
  }
  if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
}
