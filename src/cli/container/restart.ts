import { defineCommand } from "../command.ts";
import { oneByOne } from "./each.ts";
import { containerPath } from "./path.ts";
import { STOP_FLAGS, stopQuery } from "./stop_options.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  summary: "Restart one or more containers",
  aliases: ["docker container restart", "docker restart"],
  count: { least: 1 },
  flags: STOP_FLAGS,
  async run(cli, { args, flags }) {
    const query = stopQuery(flags);
    await oneByOne(cli, args, (name) => cli.client.call("POST", containerPath(name, "/restart"), { query }));
    return 0;
  },
});
