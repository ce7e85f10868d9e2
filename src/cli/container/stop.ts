import { defineCommand } from "../command.ts";
import { forEachContainer } from "./each.ts";
import { containerPath } from "./path.ts";
import { STOP_FLAGS, stopQuery } from "./stop-options.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  summary: "Stop one or more running containers",
  aliases: ["docker container stop", "docker stop"],
  count: { least: 1 },
  flags: STOP_FLAGS,
  async run(cli, { args, flags }) {
    const query = stopQuery(flags);
    await forEachContainer(cli, args, (name) =>
      cli.client.call("POST", containerPath(name, "/stop"), { query }),
    );
    return 0;
  },
});
