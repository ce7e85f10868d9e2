import { defineCommand } from "../command.ts";
import { saveStream } from "../save-stream.ts";
import { containerPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER",
  summary: "Export a container's file system as a tar archive",
  aliases: ["docker container export", "docker export"],
  count: { least: 1, most: 1 },
  flags: { output: { kind: "string", short: "o", help: "File to write to, instead of stdout" } },
  async run(cli, { args, flags }) {
    await saveStream(cli, flags.output, "export container", () =>
      cli.client.stream("GET", containerPath(args[0]!, "/export")),
    );
    return 0;
  },
});
