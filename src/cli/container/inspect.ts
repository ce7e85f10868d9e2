import { defineCommand } from "../command.ts";
import { inspectObjects } from "../inspect/inspect.ts";
import { containerPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  summary: "Print all that is known about one or more containers",
  count: { least: 1 },
  flags: {
    format: { kind: "string", short: "f", help: "'json', or a Go template for each container" },
    size: { kind: "bool", short: "s", help: "Print the size of the files" },
  },
  async run(cli, { args, flags }) {
    const query = { size: flags.size };
    await inspectObjects(cli, args, flags.format, (name) =>
      cli.client.text("GET", containerPath(name, "/json"), { query }),
    );
    return 0;
  },
});
