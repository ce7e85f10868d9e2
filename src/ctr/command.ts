import type { Flag, FlagValues } from "../flags/flags.ts";
import type { Cli } from "./cli.ts";

export type FlagTable = Record<string, Flag>;

/** What a verb is given: its own flags and its arguments. */
export interface Invocation<T extends FlagTable> {
  flags: FlagValues<T>;
  args: string[];
}

export interface Command {
  aliases?: string[];
  summary: string;
  /** What follows the name, such as "[flags] CONTAINER". */
  usage: string;
  flags: FlagTable;
  /** The fewest arguments, and the most; without `max` there may be any number more. */
  min: number;
  max?: number;
  /** Arguments after the first `min` are not ours: flags among them belong to the container's program. */
  passRest?: boolean;
  /** Resolves to the exit code; nothing means 0. */
  run(cli: Cli, invocation: Invocation<FlagTable>): Promise<number | undefined>;
}

/** Commands about one kind of thing. */
export interface Group {
  aliases?: string[];
  summary: string;
  /** Flags that may stand before the verb, and count for it. */
  flags?: FlagTable;
  commands: Record<string, Command>;
}

interface Definition<T extends FlagTable> extends Omit<Command, "flags" | "run"> {
  flags: T;
  run(cli: Cli, invocation: Invocation<T>): Promise<number | undefined>;
}

/** Defines a command, with its flags typed. */
export function command<const T extends FlagTable>(definition: Definition<T>): Command {
  return definition as unknown as Command;
}
