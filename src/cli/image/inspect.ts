import { defineCommand } from "../command.ts";
import { INSPECT_FORMAT } from "../flags/common.ts";
import { inspectObjects } from "../inspect/inspect.ts";
import { platformOption } from "../platform.ts";
import { imagePath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  summary: "Print all that is known about one or more images",
  count: { least: 1 },
  flags: {
    format: INSPECT_FORMAT,
    platform: {
      kind: "string",
      since: "1.49",
      help: 'The variant for this platform ("os[/arch[/variant]]")',
    },
  },
  async run(cli, { args, flags }) {
    const query = { platform: flags.platform ? platformOption(flags.platform) : undefined };
    await inspectObjects(cli, args, flags.format, (name) =>
      cli.client.text("GET", imagePath(name, "/json"), { query }),
    );
    return 0;
  },
});
