import { familiarReference, parseReference, withDefaultTag } from "../../reference/reference.ts";
import { defineCommand } from "../command.ts";
import { registryAuth } from "../config/auth.ts";
import { refuseContentTrust } from "../image/trust.ts";
import { showProgress } from "../progress/show.ts";
import { pluginPath } from "./path.ts";
import { grantedPrivileges } from "./privileges.ts";

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
    const ask = flags["grant-all-permissions"] ? undefined : text!;
    const wanted = await grantedPrivileges(cli, { query, headers }, ask);
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
