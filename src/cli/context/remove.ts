import { defineCommand } from "../command.ts";
import { saveConfig } from "../config/save.ts";
import { contextName } from "../connection.ts";
import { eachInTurn } from "../each.ts";
import { storeOf } from "./current.ts";
import { DEFAULT_CONTEXT } from "./store.ts";

export default defineCommand({
  usage: "CONTEXT [CONTEXT...]",
  summary: "Remove one or more contexts",
  aliases: ["docker context rm", "docker context remove"],
  count: { least: 1 },
  flags: { force: { kind: "bool", short: "f", help: "Remove also the context in use" } },
  async run(cli, { args, flags }) {
    const store = storeOf(cli);
    const current = contextName(cli.global, cli.config);
    await eachInTurn(cli, args, async (name) => {
      if (name === DEFAULT_CONTEXT) throw new Error('context "default" cannot be removed');
      if (name === current) {
        if (!flags.force)
          throw new Error(`context ${JSON.stringify(name)} is in use, set -f flag to force remove`);
        saveConfig(cli, (config) => delete config.currentContext);
      }
      if (!flags.force && !store.exists(name))
        throw new Error(`context ${JSON.stringify(name)} does not exist`);
      store.remove(name);
      return name;
    });
    return 0;
  },
});
