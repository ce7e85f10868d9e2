import type { ContainerWaitResponse } from "../../api/schema.ts";
import { defineCommand, ExitError } from "../command.ts";
import { describe } from "../describe.ts";
import { containerPath } from "./path.ts";

export default defineCommand({
  usage: "CONTAINER [CONTAINER...]",
  summary: "Wait until one or more containers stop, then print their exit codes",
  aliases: ["docker container wait", "docker wait"],
  count: { least: 1 },
  flags: {},
  async run(cli, { args }) {
    const errors: string[] = [];
    for (const name of args) {
      try {
        const ended = await cli.client.json<ContainerWaitResponse>("POST", containerPath(name, "/wait"));
        cli.out(`${ended.StatusCode}\n`);
      } catch (error) {
        errors.push(describe(error));
      }
    }
    if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
    return 0;
  },
});
