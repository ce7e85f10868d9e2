/** The commands about the engine itself. */
import type { Entry } from "../command.ts";

const events: Entry = {
  summary: "Show what happens in the engine",
  load: () => import("../events/command.ts"),
};
const info: Entry = { summary: "Show what the engine says of itself", load: () => import("./info.ts") };

const SYSTEM_GROUP: Record<string, Entry> = {
  df: { summary: "Show how much storage is used", load: () => import("./df.ts") },
  "dial-stdio": {
    summary: "Connect stdin and stdout with the engine",
    load: () => import("./dial-stdio.ts"),
    hidden: true,
  },
  events,
  info,
  prune: { summary: "Remove what is not used", load: () => import("./prune.ts") },
};

export const SYSTEM_COMMANDS: Record<string, Entry> = {
  events,
  info,
  version: { summary: "Show the versions of client and engine", load: () => import("./version.ts") },
  system: { summary: "Manage the engine as a whole", group: SYSTEM_GROUP },
};
