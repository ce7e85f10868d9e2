import type { Query } from "../../api/client/request.ts";
import type { FlagTable, FlagValues } from "../flags/spec.ts";

/** The options of `stop` and `restart`. */
export const STOP_FLAGS = {
  signal: { kind: "string", short: "s", help: "Signal to send to the container" },
  timeout: { kind: "int", short: "t", help: "Seconds to wait before killing the container" },
  time: {
    kind: "int",
    hidden: true,
    deprecated: "use --timeout instead",
    help: "Seconds to wait before killing the container",
  },
} as const satisfies FlagTable;

/** The query for them. Errors: when --timeout and its old name --time are both given. */
export function stopQuery(flags: FlagValues<typeof STOP_FLAGS>): Query {
  if (flags.timeout !== undefined && flags.time !== undefined)
    throw new Error("conflicting options: cannot specify both --timeout and --time");
  return { signal: flags.signal || undefined, t: flags.timeout ?? flags.time };
}
