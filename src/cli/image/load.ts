import { createReadStream } from "node:fs";
import type { Cli } from "../cli.ts";
import { defineCommand } from "../command.ts";
import { openFile } from "../open-file.ts";
import { platformOption } from "../platform.ts";
import { showProgress } from "../progress/show.ts";
import { readInput } from "../terminal/input.ts";

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "Load images from an archive, or from stdin",
  aliases: ["docker image load", "docker load"],
  count: { most: 0 },
  flags: {
    input: { kind: "string", short: "i", help: "Archive to read, instead of stdin" },
    platform: {
      kind: "string",
      since: "1.48",
      help: 'Load only the variant for this platform ("os[/arch[/variant]]")',
    },
    quiet: { kind: "bool", short: "q", help: "Show no progress" },
  },
  async run(cli, { flags }) {
    const stream = openInput(cli, flags.input);
    const quiet = flags.quiet || !cli.isTerminal(1);
    const query = {
      quiet: quiet ? "1" : "0",
      platform: flags.platform ? platformOption(flags.platform, "invalid platform: ") : undefined,
    };
    const response = await cli.client.stream("POST", "/images/load", { query, stream });
    await showProgress(cli, response);
    return 0;
  },
});

function openInput(cli: Cli, path: string | undefined): AsyncIterable<Uint8Array> {
  if (!path) {
    if (cli.isTerminal(0)) throw new Error("requested load from stdin, but stdin is empty");
    return readInput();
  }
  return createReadStream(path, { fd: openFile(path), highWaterMark: 1 << 18 });
}
