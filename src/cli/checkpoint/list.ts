import { defineCommand } from "../command.ts";
import { containerPath } from "../container/path.ts";
import { formatList } from "../format/list.ts";
import { requireExperimental } from "./experimental.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER",
  summary: "List the checkpoints of a container",
  aliases: ["docker checkpoint ls", "docker checkpoint list"],
  count: { least: 1, most: 1 },
  flags: { "checkpoint-dir": { kind: "string", help: "Folder where checkpoints are kept" } },
  async run(cli, { args, flags, path }) {
    await requireExperimental(cli, path);
    const query = { dir: flags["checkpoint-dir"] };
    const found = await cli.client.json<{ Name: string }[] | null>(
      "GET",
      containerPath(args[0]!, "/checkpoints"),
      {
        query,
      },
    );
    const rows = (found ?? []).map(({ Name }) => ({ Name: () => Name }));
    const headers = { Name: "CHECKPOINT NAME" };
    cli.out(formatList({ format: "table {{.Name}}", headers, rows, type: "*checkpoint.checkpointContext" }));
    return 0;
  },
});
