import { defineCommand } from "../command.ts";
import { forEachContainer } from "./each.ts";
import { containerPath } from "./path.ts";

export default defineCommand({
  usage: "CONTAINER [CONTAINER...]",
  summary: "Let paused containers go on",
  aliases: ["docker container unpause", "docker unpause"],
  count: { least: 1 },
  flags: {},
  async run(cli, { args }) {
    await forEachContainer(cli, args, (name) => cli.client.call("POST", containerPath(name, "/unpause")));
    return 0;
  },
});
