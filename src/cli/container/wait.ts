import type { ContainerWaitResponse } from "../../api/schema.ts";
import { defineCommand } from "../command.ts";
import { eachInTurn } from "../each.ts";
import { containerPath } from "./path.ts";

export default defineCommand({
  usage: "CONTAINER [CONTAINER...]",
  summary: "Wait until one or more containers stop, then print their exit codes",
  aliases: ["docker container wait", "docker wait"],
  count: { least: 1 },
  flags: {},
  async run(cli, { args }) {
    await eachInTurn(cli, args, async (name) => {
      const ended = await cli.client.json<ContainerWaitResponse>("POST", containerPath(name, "/wait"));
      return String(ended.StatusCode);
    });
    return 0;
  },
});
