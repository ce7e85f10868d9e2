/** The commands about contexts: names for engines and how to reach them. */
import type { Entry } from "../command.ts";

const ls: Entry = { summary: "List contexts", load: () => import("./list.ts") };
const rm: Entry = { summary: "Remove one or more contexts", load: () => import("./remove.ts") };

export const CONTEXT_COMMANDS: Record<string, Entry> = {
  context: {
    summary: "Manage contexts",
    group: {
      create: { summary: "Create a context", load: () => import("./create.ts") },
      export: { summary: "Write a context to a tar archive", load: () => import("./export.ts") },
      import: { summary: "Make a context of such an archive", load: () => import("./import.ts") },
      inspect: {
        summary: "Print all that is known about one or more contexts",
        load: () => import("./inspect.ts"),
      },
      list: { ...ls, hidden: true },
      ls,
      remove: { ...rm, hidden: true },
      rm,
      show: { summary: "Print the name of the current context", load: () => import("./show.ts") },
      update: { summary: "Change a context", load: () => import("./update.ts") },
      use: { summary: "Use a context from now on", load: () => import("./use.ts") },
    },
  },
};
