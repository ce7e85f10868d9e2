import { defineCommand } from "../command.ts";
import { pluginPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] PLUGIN",
  summary: "Enable a plugin",
  count: { least: 1, most: 1 },
  flags: { timeout: { kind: "int", help: "Seconds that its socket may take to answer", shown: "30" } },
  async run(cli, { args, flags }) {
    const timeout = flags.timeout ?? 30;
    if (timeout < 0) throw new Error(`negative timeout ${timeout} is invalid`);
    await cli.client.call("POST", pluginPath(args[0]!, "/enable"), { query: { timeout } });
    cli.out(`${args[0]}\n`);
    return 0;
  },
});
