import { defineCommand } from "../command.ts";
import { INSPECT_FORMAT } from "../flags/common.ts";
import { inspectObjects } from "../inspect/inspect.ts";
import { pluginPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] PLUGIN [PLUGIN...]",
  summary: "Print all that is known about one or more plugins",
  count: { least: 1 },
  flags: { format: INSPECT_FORMAT },
  async run(cli, { args, flags }) {
    await inspectObjects(cli, args, flags.format, (name) =>
      cli.client.text("GET", pluginPath(name, "/json")),
    );
    return 0;
  },
});
