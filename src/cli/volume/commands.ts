/** The commands about volumes. */
import type { Entry } from "../command.ts";

const ls: Entry = { summary: "List volumes", load: () => import("./list.ts") };
const rm: Entry = { summary: "Remove one or more volumes", load: () => import("./remove.ts") };

export const VOLUME_COMMANDS: Record<string, Entry> = {
  volume: {
    summary: "Manage volumes",
    group: {
      create: { summary: "Create a volume", load: () => import("./create.ts") },
      inspect: {
        summary: "Print all that is known about one or more volumes",
        load: () => import("./inspect.ts"),
      },
      list: { ...ls, hidden: true },
      ls,
      prune: { summary: "Remove unused volumes of this machine", load: () => import("./prune.ts") },
      remove: { ...rm, hidden: true },
      rm,
      update: { summary: "Change a volume of a cluster", load: () => import("./update.ts"), hidden: true },
    },
  },
};
