import { defineCommand } from "../command.ts";
import { eachInTurn } from "../each.ts";
import { containerPath } from "./path.ts";
import { STOP_FLAGS, stopQuery } from "./stop-options.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  summary: "Restart one or more containers",
  aliases: ["docker container restart", "docker restart"],
  count: { least: 1 },
  flags: STOP_FLAGS,
  async run(cli, { args, flags }) {
    const query = stopQuery(flags);
    await eachInTurn(cli, args, async (name) => {
      await cli.client.call("POST", containerPath(name, "/restart"), { query });
      return name;
    });
    return 0;
  },
});
