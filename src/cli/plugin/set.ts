import { defineCommand } from "../command.ts";
import { pluginPath } from "./path.ts";

export default defineCommand({
  usage: "PLUGIN KEY=VALUE [KEY=VALUE...]",
  summary: "Change settings of a plugin",
  count: { least: 2 },
  flags: {},
  async run(cli, { args }) {
    const [name, ...json] = args;
    await cli.client.call("POST", pluginPath(name!, "/set"), { json });
    return 0;
  },
});
