import { defineCommand } from "../command.ts";
import { contextName } from "../connection.ts";

export default defineCommand({
  usage: "",
  summary: "Print the name of the current context",
  count: { most: 0 },
  flags: {},
  async run(cli) {
    cli.out(`${contextName(cli.global, cli.config)}\n`);
    return 0;
  },
});
