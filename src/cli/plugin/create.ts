import { statSync } from "node:fs";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { pack } from "../../archive/pack.ts";
import { defineCommand } from "../command.ts";

export default defineCommand({
  usage: "[OPTIONS] PLUGIN PLUGIN-DATA-DIR",
  summary: "Make a plugin of a folder with config.json and rootfs",
  count: { least: 2, most: 2 },
  flags: { compress: { kind: "bool", help: "Send the folder packed" } },
  async run(cli, { args, flags }) {
    const [name, folder] = args as [string, string];
    for (const part of ["config.json", "rootfs"])
      if (!statSync(`${folder}/${part}`, { throwIfNoEntry: false }))
        throw new Error(`${folder}/${part} is not there: a plugin needs it`);
    const tar = pack(folder);
    const stream = flags.compress ? Readable.from(tar).pipe(createGzip()) : tar;
    await cli.client.call("POST", "/plugins/create", { query: { name }, stream });
    cli.out(`${name}\n`);
    return 0;
  },
});
