import type { Volume } from "../../api/schema.ts";
import { defineCommand } from "../command.ts";
import { checkLabel, keyValues } from "../labels.ts";

export default defineCommand({
  usage: "[OPTIONS] [VOLUME]",
  summary: "Create a volume",
  count: { most: 1 },
  flags: {
    driver: { kind: "string", short: "d", help: "Driver of the volume", shown: '"local"' },
    label: { kind: "list", help: "Set a label (NAME=VALUE)", check: checkLabel },
    name: { kind: "string", help: "Name of the volume", hidden: true },
    opt: { kind: "list", short: "o", type: "map", help: "Options of the driver", shown: "map[]" },
  },
  async run(cli, { args, flags }) {
    if (flags.name && args.length > 0)
      throw new Error(
        "conflicting options: cannot specify a volume-name through both --name and as a positional arg",
      );
    const body = {
      Driver: flags.driver ?? "local",
      DriverOpts: keyValues(flags.opt),
      Labels: keyValues(flags.label),
      Name: args[0] ?? flags.name ?? "",
    };
    const volume = await cli.client.json<Volume>("POST", "/volumes/create", { json: body });
    cli.out(`${volume.Name}\n`);
    return 0;
  },
});
