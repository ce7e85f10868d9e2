import { defineCommand } from "../command.ts";
import { INSPECT_FORMAT } from "../flags/common.ts";
import { inspectObjects } from "../inspect/inspect.ts";
import { volumePath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] VOLUME [VOLUME...]",
  summary: "Print all that is known about one or more volumes",
  count: { least: 1 },
  flags: { format: INSPECT_FORMAT },
  async run(cli, { args, flags }) {
    await inspectObjects(cli, args, flags.format, (name) => cli.client.text("GET", volumePath(name)));
    return 0;
  },
});
