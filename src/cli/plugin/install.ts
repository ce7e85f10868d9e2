import type { PluginPrivilege } from "../../api/schema.ts";
import { familiarReference, parseReference, withDefaultTag } from "../../reference/reference.ts";
import type { Cli } from "../cli.ts";
import { defineCommand } from "../command.ts";
import { registryAuth } from "../config/auth.ts";
import { confirm } from "../confirm.ts";
import { refuseContentTrust } from "../image/trust.ts";
import { showProgress } from "../progress/show.ts";
import { pluginPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] PLUGIN [KEY=VALUE...]",
  summary: "Install a plugin from a registry",
  count: { least: 1 },
  flags: {
    alias: { kind: "string", help: "Name of the plugin here" },
    disable: { kind: "bool", help: "Do not enable it" },
    "disable-content-trust": { kind: "bool", on: true, help: "Do not verify signatures" },
    "grant-all-permissions": { kind: "bool", help: "Grant whatever it asks for" },
  },
  async run(cli, { args, flags, given }) {
    const [text, ...settings] = args;
    const remote = withDefaultTag(parseReference(text!));
    refuseContentTrust({
      disabled: flags["disable-content-trust"],
      given: given.has("disable-content-trust"),
    });
    const headers = { "X-Registry-Auth": await registryAuth(cli, remote.domain) };
    const query = { remote: familiarReference(remote) };
    const wanted = await cli.client.json<PluginPrivilege[]>("GET", "/plugins/privileges", { query, headers });
    if (!flags["grant-all-permissions"] && !granted(cli, text!, wanted))
      throw new Error("permission denied while installing plugin");
    const name = localName(flags.alias) ?? familiarReference(remote);
    const pull = { query: { ...query, name }, headers, json: wanted };
    await showProgress(cli, await cli.client.stream("POST", "/plugins/pull", pull));
    if (settings.length > 0) await cli.client.call("POST", pluginPath(name, "/set"), { json: settings });
    if (!flags.disable) await cli.client.call("POST", pluginPath(name, "/enable"), { query: { timeout: 0 } });
    cli.out(`Installed plugin ${text}\n`);
    return 0;
  },
});

function localName(alias: string | undefined): string | undefined {
  return alias ? familiarReference(withDefaultTag(parseReference(alias))) : undefined;
}

/** Asks, unless there is nothing to grant. */
function granted(cli: Cli, name: string, privileges: PluginPrivilege[]): boolean {
  if (privileges.length === 0) return true;
  cli.out(`Plugin ${JSON.stringify(name)} is requesting the following privileges:\n`);
  for (const { Name, Value } of privileges) cli.out(` - ${Name}: [${(Value ?? []).join(" ")}]\n`);
  return confirm(cli, "Do you grant the above permissions?");
}
