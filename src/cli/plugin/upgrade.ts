import type { Plugin } from "../../api/schema.ts";
import {
  canonicalReference,
  familiarReference,
  parseReference,
  withDefaultTag,
} from "../../reference/reference.ts";
import { defineCommand } from "../command.ts";
import { registryAuth } from "../config/auth.ts";
import { confirm } from "../confirm.ts";
import { refuseContentTrust } from "../image/trust.ts";
import { showProgress } from "../progress/show.ts";
import { pluginPath } from "./path.ts";
import { grantedPrivileges } from "./privileges.ts";

export default defineCommand({
  usage: "[OPTIONS] PLUGIN [REMOTE]",
  summary: "Replace a plugin that is disabled by another version of it",
  count: { least: 1, most: 2 },
  since: "1.26",
  flags: {
    "disable-content-trust": { kind: "bool", on: true, help: "Do not verify signatures" },
    "grant-all-permissions": { kind: "bool", help: "Grant whatever it asks for" },
    "skip-remote-check": { kind: "bool", help: "Do not ask when the new name is another than the old one" },
  },
  async run(cli, { args: [text = "", given], flags, given: set }) {
    const {
      Name = "",
      Enabled,
      PluginReference = "",
    } = await cli.client.json<Plugin>("GET", pluginPath(text, "/json"));
    if (Enabled) throw new Error("the plugin must be disabled before upgrading");
    const old = parseReference(PluginReference);
    const remote = withDefaultTag(parseReference(given ?? PluginReference));
    const name = familiarReference(remote);
    cli.out(`Upgrading plugin ${Name} from ${familiarReference(old)} to ${name}\n`);
    const other = canonicalReference(remote) !== canonicalReference(old);
    if (other && !flags["skip-remote-check"] && !confirm(cli, "Plugin images do not match, are you sure?"))
      throw new Error("plugin upgrade has been canceled");
    refuseContentTrust({
      disabled: flags["disable-content-trust"],
      given: set.has("disable-content-trust"),
    });
    const request = {
      query: { remote: name },
      headers: { "X-Registry-Auth": await registryAuth(cli, remote.domain) },
    };
    const wanted = await grantedPrivileges(cli, request, flags["grant-all-permissions"] ? undefined : name);
    const answer = await cli.client.stream("POST", pluginPath(Name, "/upgrade"), {
      ...request,
      json: wanted,
    });
    await showProgress(cli, answer);
    cli.out(`Upgraded plugin ${Name} to ${given ?? PluginReference}\n`);
    return 0;
  },
});
