/** What the kinds of flags hold. */
interface Values {
  bool: boolean;
  string: string;
  int: number;
  /** May be given several times; each value as given. */
  list: string[];
  /** A size such as "64m", in bytes. */
  bytes: number;
  /** A duration such as "1m30s", in nanoseconds. */
  duration: number;
  /** A number of processors such as "1.5", in billionths. */
  cpus: number;
}

export type FlagKind = keyof Values;

export interface Flag<Kind extends FlagKind = FlagKind> {
  kind: Kind;
  short?: string;
  help: string;
  /** What the help calls the value's type; default the kind's own name. */
  type?: string;
  /** A boolean that is on unless it is turned off. */
  on?: true;
  /** Shown by the help as the default. */
  shown?: string;
  /** A size that may also be -1, for no limit. */
  unlimited?: true;
  /** Left out of the help. */
  hidden?: true;
  /** The first API version that knows it; older engines are not asked. */
  since?: string;
  /** What to use instead; said when the flag is given. */
  deprecated?: string;
  /** Checks, and may rewrite, each value as it is read; the error's message ends up in the usage error. */
  check?: (text: string) => string;
}

export type FlagTable = Record<string, Flag>;

/** Booleans and lists have a value always, others only when given. */
export type FlagValues<T extends FlagTable> = {
  [Name in keyof T]: T[Name]["kind"] extends "bool"
    ? boolean
    : T[Name]["kind"] extends "list"
      ? string[]
      : Values[T[Name]["kind"]] | undefined;
};

export type AnyValue = Values[FlagKind];
