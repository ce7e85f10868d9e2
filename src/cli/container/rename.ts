import { defineCommand, ExitError } from "../command.ts";
import { describe } from "../describe.ts";
import { containerPath } from "./path.ts";

export default defineCommand({
  usage: "CONTAINER NEW_NAME",
  summary: "Rename a container",
  aliases: ["docker container rename", "docker rename"],
  count: { least: 2, most: 2 },
  flags: {},
  async run(cli, { args }) {
    const [before, after] = [args[0]!.trim(), args[1]!.trim()];
    if (before === "" || after === "") throw new Error("Error: Neither old nor new names may be empty");
    try {
      await cli.client.call("POST", containerPath(before, "/rename"), { query: { name: after } });
    } catch (error) {
      throw new ExitError(1, `${describe(error)}\nError: failed to rename container named ${before}`);
    }
    return 0;
  },
});
