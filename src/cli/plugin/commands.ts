/** The commands about plugins. */
import type { Entry } from "../command.ts";

const ls: Entry = { summary: "List plugins", load: () => import("./list.ts") };
const rm: Entry = { summary: "Remove one or more plugins", load: () => import("./remove.ts") };

export const PLUGIN_COMMANDS: Record<string, Entry> = {
  plugin: {
    summary: "Manage plugins",
    group: {
      create: {
        summary: "Make a plugin of a folder with config.json and rootfs",
        load: () => import("./create.ts"),
      },
      disable: { summary: "Disable a plugin", load: () => import("./disable.ts") },
      enable: { summary: "Enable a plugin", load: () => import("./enable.ts") },
      install: { summary: "Install a plugin from a registry", load: () => import("./install.ts") },
      inspect: {
        summary: "Print all that is known about one or more plugins",
        load: () => import("./inspect.ts"),
      },
      list: { ...ls, hidden: true },
      ls,
      push: { summary: "Push a plugin to a registry", load: () => import("./push.ts") },
      set: { summary: "Change settings of a plugin", load: () => import("./set.ts") },
      remove: { ...rm, hidden: true },
      rm,
      upgrade: { summary: "Replace a plugin by another version of it", load: () => import("./upgrade.ts") },
    },
  },
};
