/** The commands about the engine itself. */
import type { Entry } from "../command.ts";

const info: Entry = { summary: "Show what the engine says of itself", load: () => import("./info.ts") };

const SYSTEM_GROUP: Record<string, Entry> = { info };

export const SYSTEM_COMMANDS: Record<string, Entry> = {
  info,
  version: { summary: "Show the versions of client and engine", load: () => import("./version.ts") },
  system: { summary: "Manage the engine as a whole", group: SYSTEM_GROUP },
};
