import { defineCommand } from "../command.ts";
import { storeOf } from "./current.ts";
import { CONTEXT_FLAGS, endpointOf } from "./endpoint.ts";
import { checkContextName } from "./store.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTEXT",
  summary: "Change a context",
  count: { least: 1, most: 1 },
  flags: CONTEXT_FLAGS,
  async run(cli, { args, flags }) {
    const name = args[0]!;
    const store = storeOf(cli);
    checkContextName(name);
    const context = store.read(name);
    if (flags.description) context.Metadata.Description = flags.description;
    if (flags.docker.length > 0) {
      const { docker, tls } = endpointOf(cli, flags.docker);
      context.Endpoints.docker = docker;
      store.writeTls(name, tls);
    }
    store.write(context);
    cli.out(`${name}\n`);
    cli.err(`Successfully updated context ${JSON.stringify(name)}\n`);
    return 0;
  },
});
