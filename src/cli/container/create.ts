import { defineCommand } from "../command.ts";
import { createContainer } from "./create-container.ts";
import { creationOf } from "./creation.ts";
import { CREATE_FLAGS } from "./run-flags.ts";

export default defineCommand({
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  summary: "Create a container",
  aliases: ["docker container create", "docker create"],
  count: { least: 1 },
  flags: CREATE_FLAGS,
  stopAtFirst: true,
  async run(cli, invocation) {
    const id = await createContainer(cli, creationOf(cli, invocation, "create"));
    cli.out(`${id}\n`);
    return 0;
  },
});
