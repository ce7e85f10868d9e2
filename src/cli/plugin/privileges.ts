import type { PluginPrivilege } from "../../api/schema.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";

interface Question {
  query: { remote: string };
  headers: Record<string, string>;
}

/**
 * What a plugin in a registry wants of the host; the user is asked about it under the name `ask`, undefined to grant it
 * all. Errors: when the user does not grant it.
 */
export async function grantedPrivileges(
  cli: Cli,
  question: Question,
  ask: string | undefined,
): Promise<PluginPrivilege[]> {
  const wanted = await cli.client.json<PluginPrivilege[]>("GET", "/plugins/privileges", question);
  if (ask !== undefined && !granted(cli, ask, wanted))
    throw new Error("permission denied while installing plugin");
  return wanted;
}

/** Asks, unless there is nothing to grant. */
function granted(cli: Cli, name: string, privileges: PluginPrivilege[]): boolean {
  if (privileges.length === 0) return true;
  cli.out(`Plugin ${JSON.stringify(name)} is requesting the following privileges:\n`);
  for (const { Name, Value } of privileges) cli.out(` - ${Name}: [${(Value ?? []).join(" ")}]\n`);
  return confirm(cli, "Do you grant the above permissions?");
}
