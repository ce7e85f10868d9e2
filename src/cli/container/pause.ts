import { defineCommand } from "../command.ts";
import { forEachContainer } from "./each.ts";
import { containerPath } from "./path.ts";

export default defineCommand({
  usage: "CONTAINER [CONTAINER...]",
  summary: "Pause all processes of one or more containers",
  aliases: ["docker container pause", "docker pause"],
  count: { least: 1 },
  flags: {},
  async run(cli, { args }) {
    await forEachContainer(cli, args, (name) => cli.client.call("POST", containerPath(name, "/pause")));
    return 0;
  },
});
