/** The commands about networks. */
import type { Entry } from "../command.ts";

const ls: Entry = { summary: "List networks", load: () => import("./list.ts") };
const rm: Entry = { summary: "Remove one or more networks", load: () => import("./remove.ts") };

export const NETWORK_COMMANDS: Record<string, Entry> = {
  network: {
    summary: "Manage networks",
    group: {
      connect: { summary: "Connect a container to a network", load: () => import("./connect.ts") },
      create: { summary: "Create a network", load: () => import("./create.ts") },
      disconnect: { summary: "Disconnect a container from a network", load: () => import("./disconnect.ts") },
      doctor: {
        summary: "Explain why traffic does or does not get into and out of a container",
        load: () => import("./doctor.ts"),
      },
      inspect: {
        summary: "Print all that is known about one or more networks",
        load: () => import("./inspect.ts"),
      },
      list: { ...ls, hidden: true },
      ls,
      prune: { summary: "Remove all unused networks", load: () => import("./prune.ts") },
      remove: { ...rm, hidden: true },
      rm,
    },
  },
};
