import { dial } from "../../api/client/dial.ts";
import { defineCommand } from "../command.ts";
import { readInput } from "../terminal/input.ts";
import { writeAll } from "../terminal/output.ts";

export default defineCommand({
  usage: "",
  summary: "Connect stdin and stdout with the engine, for connections over ssh",
  count: { most: 0 },
  flags: {},
  async run(cli) {
    const wire = await dial(cli.client.endpoint);
    const upstream = async () => {
      for await (const chunk of readInput()) await wire.write(chunk);
      wire.closeWrite();
    };
    // What cannot be sent any more does not matter: the answer says why the engine has gone.
    upstream().catch(() => wire.closeWrite());
    for (let chunk = await wire.read(); chunk; chunk = await wire.read()) await writeAll(1, chunk);
    wire.close();
    return 0;
  },
});
