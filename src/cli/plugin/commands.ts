/** The commands about plugins that an engine has; installing them is not among ours. */
import type { Entry } from "../command.ts";

const ls: Entry = { summary: "List plugins", load: () => import("./list.ts") };
const rm: Entry = { summary: "Remove one or more plugins", load: () => import("./remove.ts") };

export const PLUGIN_COMMANDS: Record<string, Entry> = {
  plugin: {
    summary: "Manage plugins",
    group: {
      disable: { summary: "Disable a plugin", load: () => import("./disable.ts") },
      enable: { summary: "Enable a plugin", load: () => import("./enable.ts") },
      inspect: {
        summary: "Print all that is known about one or more plugins",
        load: () => import("./inspect.ts"),
      },
      list: { ...ls, hidden: true },
      ls,
      remove: { ...rm, hidden: true },
      rm,
    },
  },
};
