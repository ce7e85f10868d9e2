/** `docker completion SHELL` prints the script of a shell. */
import { defineCommand, type Entry } from "../command.ts";

const SHELLS = ["bash", "fish", "zsh"] as const;

function entryOf(shell: (typeof SHELLS)[number]): Entry {
  const summary = `Print the completion script for ${shell}`;
  return {
    summary,
    load: async () => ({
      default: defineCommand({
        usage: "",
        summary,
        count: { most: 0 },
        flags: {},
        async run(cli) {
          cli.out((await import("./scripts.ts")).SCRIPTS[shell]);
          return 0;
        },
      }),
    }),
  };
}

export const COMPLETION_COMMANDS: Record<string, Entry> = {
  completion: {
    summary: "Let shells complete command lines of docker",
    group: Object.fromEntries(SHELLS.map((shell) => [shell, entryOf(shell)])),
    hidden: true,
  },
};
