import type { FilesystemChange } from "../../api/schema.ts";
import { defineCommand } from "../command.ts";
import { containerPath } from "./path.ts";

const KINDS = ["C", "A", "D"];

export default defineCommand({
  usage: "CONTAINER",
  summary: "List the changes to files of a container's file system",
  aliases: ["docker container diff", "docker diff"],
  count: { least: 1, most: 1 },
  flags: {},
  async run(cli, { args }) {
    const changes = await cli.client.json<FilesystemChange[] | null>(
      "GET",
      containerPath(args[0]!, "/changes"),
    );
    cli.out((changes ?? []).map(({ Kind, Path }) => `${KINDS[Kind]} ${Path}\n`).join(""));
    return 0;
  },
});
