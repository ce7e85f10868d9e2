import { createReadStream } from "node:fs";
import { dial } from "../../api/client/dial.ts";
import { defineCommand } from "../command.ts";
import { writeAll } from "../terminal/output.ts";

export default defineCommand({
  usage: "",
  summary: "Connect stdin and stdout with the engine, for connections over ssh",
  count: { most: 0 },
  flags: {},
  async run(cli) {
    const wire = await dial(cli.client.endpoint);
    const upstream = async () => {
      for await (const chunk of createReadStream("", { fd: 0, autoClose: false }))
        await wire.write(chunk as Uint8Array);
      wire.closeWrite();
    };
    // What cannot be sent any more does not matter: the answer says why the engine has gone.
    upstream().catch(() => wire.closeWrite());
    for (let chunk = await wire.read(); chunk; chunk = await wire.read()) await writeAll(1, chunk);
    wire.close();
    return 0;
  },
});
