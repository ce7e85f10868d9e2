import type { ContainerTopResponse } from "../../api/schema.ts";
import { defineCommand } from "../command.ts";
import { alignTabs } from "../format/table.ts";
import { containerPath } from "./path.ts";

/** Columns of `top` stand wider apart than those of lists. */
const LAYOUT = { minWidth: 20, padding: 3 };

export default defineCommand({
  usage: "CONTAINER [ps OPTIONS]",
  summary: "Display the running processes of a container",
  aliases: ["docker container top", "docker top"],
  count: { least: 1 },
  flags: {},
  stopAtFirst: true,
  async run(cli, { args }) {
    const [name, ...options] = args as [string, ...string[]];
    const query = options.length > 0 ? { ps_args: options.join(" ") } : {};
    const listed = await cli.client.json<ContainerTopResponse>("GET", containerPath(name, "/top"), { query });
    const lines = [listed.Titles ?? [], ...(listed.Processes ?? [])];
    cli.out(alignTabs(lines.map((cells) => `${cells.join("\t")}\n`).join(""), LAYOUT));
    return 0;
  },
});
