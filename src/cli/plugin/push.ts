import { familiarReference, parseReference, withDefaultTag } from "../../reference/reference.ts";
import { defineCommand } from "../command.ts";
import { registryAuth } from "../config/auth.ts";
import { refuseContentTrust } from "../image/trust.ts";
import { showProgress } from "../progress/show.ts";
import { pluginPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] PLUGIN[:TAG]",
  summary: "Push a plugin to a registry",
  count: { least: 1, most: 1 },
  flags: { "disable-content-trust": { kind: "bool", on: true, help: "Do not sign" } },
  async run(cli, { args, flags, given }) {
    const named = parseReference(args[0]!);
    if (named.digest !== undefined) throw new Error(`invalid name: ${args[0]}`);
    refuseContentTrust({
      disabled: flags["disable-content-trust"],
      given: given.has("disable-content-trust"),
    });
    const path = pluginPath(familiarReference(withDefaultTag(named)), "/push");
    const headers = { "X-Registry-Auth": await registryAuth(cli, named.domain) };
    await showProgress(cli, await cli.client.stream("POST", path, { headers }));
    return 0;
  },
});
