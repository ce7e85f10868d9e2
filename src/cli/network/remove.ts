import type { Network } from "../../api/schema.ts";
import { isNotFound } from "../../errors/errors.ts";
import type { Cli } from "../cli.ts";
import { defineCommand, ExitError } from "../command.ts";
import { confirm } from "../confirm.ts";
import { describe } from "../describe.ts";
import { networkPath } from "./path.ts";

const INGRESS_WARNING =
  "WARNING! Before removing the routing-mesh network, make sure all the nodes in your swarm run the same docker engine version. Otherwise, removal may not be effective and functionality of newly create ingress networks will be impaired.\nAre you sure you want to continue?";

export default defineCommand({
  usage: "NETWORK [NETWORK...]",
  summary: "Remove one or more networks",
  aliases: ["docker network rm", "docker network remove"],
  count: { least: 1 },
  flags: { force: { kind: "bool", short: "f", help: "Do not mind a network that does not exist" } },
  async run(cli, { args, flags }) {
    let failed = false;
    for (const name of args) {
      if ((await isIngress(cli, name)) && !confirm(cli, INGRESS_WARNING)) continue;
      try {
        await cli.client.call("DELETE", networkPath(name));
        cli.out(`${name}\n`);
      } catch (error) {
        if (flags.force && isNotFound(error)) continue;
        cli.err(`${describe(error)}\n`);
        failed = true;
      }
    }
    if (failed) throw new ExitError(1, "exit status 1");
    return 0;
  },
});

/** Whether it is the routing mesh of a swarm. A network that cannot be looked at is none; its removal will tell. */
async function isIngress(cli: Cli, name: string): Promise<boolean> {
  try {
    return (await cli.client.json<Network>("GET", networkPath(name))).Ingress === true;
  } catch {
    return false;
  }
}
