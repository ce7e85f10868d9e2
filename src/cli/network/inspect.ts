import { defineCommand } from "../command.ts";
import { INSPECT_FORMAT } from "../flags/common.ts";
import { inspectObjects } from "../inspect/inspect.ts";
import { networkPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] NETWORK [NETWORK...]",
  summary: "Print all that is known about one or more networks",
  count: { least: 1 },
  flags: {
    format: INSPECT_FORMAT,
    verbose: { kind: "bool", short: "v", help: "Print also what helps to find faults" },
  },
  async run(cli, { args, flags }) {
    const query = { verbose: flags.verbose ? "true" : undefined };
    await inspectObjects(cli, args, flags.format, (name) =>
      cli.client.text("GET", networkPath(name), { query }),
    );
    return 0;
  },
});
