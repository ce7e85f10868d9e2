import { defineCommand } from "../command.ts";
import { eachInTurn } from "../each.ts";
import { volumePath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] VOLUME [VOLUME...]",
  summary: "Remove one or more volumes that no container uses",
  aliases: ["docker volume rm", "docker volume remove"],
  count: { least: 1 },
  flags: { force: { kind: "bool", short: "f", help: "Do not mind a volume that does not exist" } },
  async run(cli, { args, flags }) {
    await eachInTurn(cli, args, async (name) => {
      await cli.client.call("DELETE", volumePath(name), { query: { force: flags.force } });
      return name;
    });
    return 0;
  },
});
