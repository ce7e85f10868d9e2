import { createReadStream } from "node:fs";
import { parseReference } from "../../reference/reference.ts";
import { defineCommand } from "../command.ts";
import { openFile } from "../open-file.ts";
import { showProgress } from "../progress/show.ts";
import { readInput } from "../terminal/input.ts";

export default defineCommand({
  usage: "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
  summary: "Make an image of the files in an archive",
  aliases: ["docker image import", "docker import"],
  count: { least: 1 },
  flags: {
    change: { kind: "list", short: "c", help: "Dockerfile instruction to apply to the image" },
    message: { kind: "string", short: "m", help: "Comment of the image" },
    platform: { kind: "string", help: "Platform of the image" },
  },
  async run(cli, { args, flags }) {
    const [source, reference = ""] = args as [string, string?];
    const stream = sourceStream(source);
    if (reference !== "") parseReference(reference);
    const query = {
      fromSrc: stream ? "-" : source,
      repo: reference,
      message: flags.message ?? "",
      changes: flags.change,
      platform: (flags.platform ?? process.env["DOCKER_DEFAULT_PLATFORM"])?.toLowerCase() || undefined,
    };
    const response = await cli.client.stream("POST", "/images/create", {
      query,
      ...(stream ? { stream } : {}),
    });
    await showProgress(cli, response);
    return 0;
  },
});

/** What to send; nothing for a URL, which the engine fetches. */
function sourceStream(source: string): AsyncIterable<Uint8Array> | undefined {
  if (source === "-") return readInput();
  if (/^https?:\/\//.test(source)) return undefined;
  return createReadStream(source, { fd: openFile(source) });
}
