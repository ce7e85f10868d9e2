import { defineCommand } from "../command.ts";
import { HUB_KEY } from "../config/auth.ts";
import { forgetCredentials } from "../config/keep.ts";
import { describe } from "../describe.ts";
import { hostOf } from "./server.ts";

export default defineCommand({
  usage: "[SERVER]",
  summary: "Log out from a registry, Docker Hub unless another is named",
  count: { most: 1 },
  flags: {},
  async run(cli, { args }) {
    const server = args[0];
    const host = server ? hostOf(server) : HUB_KEY;
    // Older clients kept credentials under any of these.
    const names = server ? [...new Set([server, host, `http://${host}`, `https://${host}`])] : [host];
    cli.out(`Removing login credentials for ${host}\n`);
    const errors: string[] = [];
    for (const name of names)
      await forgetCredentials(cli, name).catch((error) => errors.push(`${name}: ${describe(error)}`));
    if (errors.length === names.length)
      cli.err(`WARNING: could not erase credentials:\n${errors.map((error) => `${error}\n`).join("")}`);
    return 0;
  },
});
