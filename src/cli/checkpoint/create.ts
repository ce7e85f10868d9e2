import { defineCommand } from "../command.ts";
import { containerPath } from "../container/path.ts";
import { requireExperimental } from "./experimental.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER CHECKPOINT",
  summary: "Freeze a running container into a checkpoint",
  count: { least: 2, most: 2 },
  flags: {
    "checkpoint-dir": { kind: "string", help: "Folder to keep it in" },
    "leave-running": { kind: "bool", help: "Let the container go on" },
  },
  async run(cli, { args, flags, path }) {
    await requireExperimental(cli, path);
    const [container, name] = args as [string, string];
    await cli.client.call("POST", containerPath(container, "/checkpoints"), {
      json: {
        CheckpointID: name,
        CheckpointDir: flags["checkpoint-dir"] ?? "",
        Exit: !flags["leave-running"],
      },
    });
    cli.out(`${name}\n`);
    return 0;
  },
});
