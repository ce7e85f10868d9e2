import type { Cli } from "./cli.ts";
import type { FlagTable, FlagValues } from "./flags/spec.ts";

/** How many arguments a command takes. */
export interface ArgumentCount {
  least?: number;
  most?: number;
}

/** What the parser found on the command line. */
export interface Invocation<T extends FlagTable> {
  flags: FlagValues<T>;
  args: string[];
  /** The names of the flags that were given, as opposed to those at their defaults. */
  given: ReadonlySet<string>;
  /** "docker run", as it was called. */
  path: string;
}

/** A command of the client. run() returns the exit code, 0 when it returns nothing. */
export interface Command<T extends FlagTable = FlagTable> {
  /** What follows the name in the usage line: "[OPTIONS] CONTAINER". */
  usage: string;
  /** One sentence for the help. */
  summary: string;
  aliases?: string[];
  count: ArgumentCount;
  /** The first API version that has it; older engines are not asked. */
  since?: string;
  flags: T;
  /** Flags end at the first argument, so that those of a container's command are left alone. */
  stopAtFirst?: boolean;
  /** Exit code of a failure before anything ran; 1 unless said otherwise. */
  failureCode?: number;
  run(cli: Cli, invocation: Invocation<T>): Promise<number | undefined>;
}

/** Gives a command its flags' types, then hides them. */
export function defineCommand<const T extends FlagTable>(command: Command<T>): Command {
  return command as unknown as Command;
}

/** An entry of the command tree: a command to be loaded, or a group. */
export interface Entry {
  summary: string;
  load?: () => Promise<{ default: Command }>;
  group?: Record<string, Entry>;
  /** Left out of the help: an alias, or a command kept for old scripts. */
  hidden?: true;
}

/** Ends the program with this code; an empty message prints nothing. */
export class ExitError extends Error {
  readonly code: number;

  constructor(code: number, message = "") {
    super(message);
    this.code = code;
  }
}

/** Misuse of a command: printed with "docker: ", usage and a hint at --help. */
export class UsageError extends Error {}
