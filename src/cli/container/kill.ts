import { defineCommand } from "../command.ts";
import { forEachContainer } from "./each.ts";
import { containerPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  summary: "Kill one or more running containers",
  aliases: ["docker container kill", "docker kill"],
  count: { least: 1 },
  flags: { signal: { kind: "string", short: "s", help: "Signal to send to the container" } },
  async run(cli, { args, flags }) {
    const query = { signal: flags.signal || undefined };
    await forEachContainer(cli, args, (name) =>
      cli.client.call("POST", containerPath(name, "/kill"), { query }),
    );
    return 0;
  },
});
