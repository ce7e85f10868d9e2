import { defineCommand } from "../command.ts";
import { containerPath } from "../container/path.ts";
import { requireExperimental } from "./experimental.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER CHECKPOINT",
  summary: "Remove a checkpoint",
  aliases: ["docker checkpoint rm", "docker checkpoint remove"],
  count: { least: 2, most: 2 },
  flags: { "checkpoint-dir": { kind: "string", help: "Folder that it is kept in" } },
  async run(cli, { args, flags, path }) {
    await requireExperimental(cli, path);
    const [container, name] = args as [string, string];
    await cli.client.call("DELETE", containerPath(container, `/checkpoints/${encodeURIComponent(name)}`), {
      query: { dir: flags["checkpoint-dir"] },
    });
    return 0;
  },
});
