import { defineCommand } from "../command.ts";

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "Leave the swarm",
  count: { most: 0 },
  flags: { force: { kind: "bool", short: "f", help: "Leave even as the last manager" } },
  async run(cli, { flags }) {
    await cli.client.call("POST", "/swarm/leave", { query: { force: flags.force } });
    cli.out("Node left the swarm.\n");
    return 0;
  },
});
