import { defineCommand } from "../command.ts";
import { pluginPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] PLUGIN",
  summary: "Disable a plugin",
  count: { least: 1, most: 1 },
  flags: { force: { kind: "bool", short: "f", help: "Disable also a plugin that is in use" } },
  async run(cli, { args, flags }) {
    await cli.client.call("POST", pluginPath(args[0]!, "/disable"), { query: { force: flags.force } });
    cli.out(`${args[0]}\n`);
    return 0;
  },
});
