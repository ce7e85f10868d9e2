import type { Volume } from "../../api/schema.ts";
import { defineCommand } from "../command.ts";
import { volumePath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] [VOLUME]",
  summary: "Change a volume of a cluster",
  since: "1.42",
  count: { least: 1, most: 1 },
  flags: {
    availability: {
      kind: "string",
      help: 'Whether it may be used: "active", "pause" or "drain"',
      shown: '"active"',
    },
  },
  async run(cli, { args }) {
    const volume = await cli.client.json<Volume>("GET", volumePath(args[0]!));
    if (!volume.ClusterVolume) throw new Error("Can only update cluster volumes");
    throw new Error(`volume ${args[0]}: volumes of a cluster are not implemented`);
  },
});
