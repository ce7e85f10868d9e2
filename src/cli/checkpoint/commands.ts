/** The commands about checkpoints, for engines that have them. */
import type { Entry } from "../command.ts";

const ls: Entry = { summary: "List the checkpoints of a container", load: () => import("./list.ts") };
const rm: Entry = { summary: "Remove a checkpoint", load: () => import("./remove.ts") };

export const CHECKPOINT_COMMANDS: Record<string, Entry> = {
  checkpoint: {
    summary: "Manage checkpoints",
    group: {
      create: { summary: "Freeze a running container into a checkpoint", load: () => import("./create.ts") },
      list: { ...ls, hidden: true },
      ls,
      remove: { ...rm, hidden: true },
      rm,
    },
  },
};
