import { createReadStream, fstatSync, openSync } from "node:fs";
import { errnoOf } from "../../errors/errors.ts";
import type { Cli } from "../cli.ts";
import { defineCommand } from "../command.ts";
import { platformOption } from "../platform.ts";
import { showProgress } from "../progress/show.ts";

const ERRORS: Record<string, string> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  ELOOP: "too many levels of symbolic links",
  ENOTDIR: "not a directory",
};

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
    return createReadStream("", { fd: 0, autoClose: false, highWaterMark: 1 << 18 });
  }
  return createReadStream(path, { fd: openFile(path), highWaterMark: 1 << 18 });
}

/** Opens a file for reading. Errors: in the words of the Docker client, "open PATH: no such file or directory". */
export function openFile(path: string): number {
  try {
    const fd = openSync(path, "r");
    if (fstatSync(fd).isDirectory()) throw new Error(`read ${path}: is a directory`);
    return fd;
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    throw new Error(`open ${path}: ${ERRORS[code] ?? code}`);
  }
}
