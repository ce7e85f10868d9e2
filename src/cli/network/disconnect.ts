import { defineCommand } from "../command.ts";
import { networkPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] NETWORK CONTAINER",
  summary: "Disconnect a container from a network",
  count: { least: 2, most: 2 },
  flags: { force: { kind: "bool", short: "f", help: "Disconnect also what the engine has lost track of" } },
  async run(cli, { args, flags }) {
    const [network, container] = args as [string, string];
    await cli.client.call("POST", networkPath(network, "/disconnect"), {
      json: { Container: container, Force: flags.force },
    });
    return 0;
  },
});
