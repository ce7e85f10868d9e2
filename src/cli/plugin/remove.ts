import { defineCommand } from "../command.ts";
import { eachInTurn } from "../each.ts";
import { pluginPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] PLUGIN [PLUGIN...]",
  summary: "Remove one or more plugins",
  aliases: ["docker plugin rm", "docker plugin remove"],
  count: { least: 1 },
  flags: { force: { kind: "bool", short: "f", help: "Remove also a plugin that is enabled" } },
  async run(cli, { args, flags }) {
    await eachInTurn(cli, args, async (name) => {
      await cli.client.call("DELETE", pluginPath(name), { query: { force: flags.force } });
      return name;
    });
    return 0;
  },
});
