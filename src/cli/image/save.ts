import { defineCommand } from "../command.ts";
import { platformOption } from "../platform.ts";
import { saveStream } from "../save-stream.ts";

export default defineCommand({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  summary: "Save one or more images to an archive, on stdout unless told otherwise",
  aliases: ["docker image save", "docker save"],
  count: { least: 1 },
  flags: {
    output: { kind: "string", short: "o", help: "File to write to, instead of stdout" },
    platform: {
      kind: "string",
      since: "1.48",
      help: 'Save only the variant for this platform ("os[/arch[/variant]]")',
    },
  },
  async run(cli, { args, flags }) {
    const platform = flags.platform ? platformOption(flags.platform, "invalid platform: ") : undefined;
    await saveStream(cli, flags.output, "save image", () =>
      cli.client.stream("GET", "/images/get", { query: { names: args, platform } }),
    );
    return 0;
  },
});
