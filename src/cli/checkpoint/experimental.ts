import type { SystemVersion } from "../../api/schema.ts";
import type { Cli } from "../cli.ts";

/** Refuses a command that only engines with experimental features have. `path` is the command: "docker checkpoint ls". */
export async function requireExperimental(cli: Cli, path: string): Promise<void> {
  const { Experimental } = await cli.client.json<SystemVersion>("GET", "/version");
  if (!Experimental)
    throw new Error(`${path} is only supported on a Docker daemon with experimental features enabled`);
}
