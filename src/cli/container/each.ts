import type { Cli } from "../cli.ts";
import { ExitError } from "../command.ts";
import { describe } from "../describe.ts";

type Outcome = { error: string } | undefined;

async function outcomeOf(action: () => Promise<void>): Promise<Outcome> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return { error: describe(error) };
  }
}

/**
 * Acts on all containers at once and prints, in their order, the names of those where it worked.
 * `printed` leaves some of them out. Errors: ExitError with all messages, when everything has been tried.
 */
export async function forEachContainer(
  cli: Cli,
  names: readonly string[],
  action: (name: string) => Promise<void>,
  printed: (name: string) => boolean = () => true,
): Promise<void> {
  const outcomes = names.map((name) => outcomeOf(() => action(name)));
  await report(cli, names, (i) => outcomes[i]!, printed);
}

/** As forEachContainer(), one after the other. */
export async function oneByOne(
  cli: Cli,
  names: readonly string[],
  action: (name: string) => Promise<void>,
): Promise<void> {
  await report(cli, names, (i) => outcomeOf(() => action(names[i]!)));
}

async function report(
  cli: Cli,
  names: readonly string[],
  outcomeAt: (i: number) => Promise<Outcome>,
  printed: (name: string) => boolean = () => true,
): Promise<void> {
  const errors: string[] = [];
  for (let i = 0; i < names.length; i++) {
    const outcome = await outcomeAt(i);
    if (outcome) errors.push(outcome.error);
    else if (printed(names[i]!)) cli.out(`${names[i]}\n`);
  }
  if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
}
