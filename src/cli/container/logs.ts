import type { ContainerInspectResponse } from "../../api/schema.ts";
import { messageOf } from "../../errors/errors.ts";
import { defineCommand } from "../command.ts";
import { parseTimestamp } from "../flags/timestamp.ts";
import { Demultiplexer } from "../stream/demultiplex.ts";
import { writeAll } from "../terminal/output.ts";
import { containerPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER",
  summary: "Fetch the logs of a container",
  aliases: ["docker container logs", "docker logs"],
  count: { least: 1, most: 1 },
  flags: {
    details: { kind: "bool", help: "Show what the log driver was given in addition" },
    follow: { kind: "bool", short: "f", help: "Go on with what is logged from now on" },
    since: {
      kind: "string",
      help: "Show logs since a time (2013-01-02T13:23:37Z, or 42m for 42 minutes ago)",
    },
    tail: { kind: "string", short: "n", help: "Number of lines from the end", shown: '"all"' },
    timestamps: { kind: "bool", short: "t", help: "Show timestamps" },
    until: {
      kind: "string",
      help: "Show logs before a time (2013-01-02T13:23:37Z, or 42m for 42 minutes ago)",
    },
  },
  async run(cli, { args, flags }) {
    const container = await cli.client.json<ContainerInspectResponse>(
      "GET",
      containerPath(args[0]!, "/json"),
    );
    const query = {
      stdout: true,
      stderr: true,
      since: momentOf("since", flags.since),
      until: momentOf("until", flags.until),
      timestamps: flags.timestamps,
      details: flags.details,
      follow: flags.follow,
      tail: flags.tail ?? "all",
    };
    const logs = await cli.client.stream("GET", containerPath(container.Id!, "/logs"), { query });
    const frames = new Demultiplexer(writeAll);
    const tty = container.Config?.Tty === true;
    for await (const chunk of logs.body) await (tty ? writeAll(1, chunk) : frames.push(chunk));
    return 0;
  },
});

function momentOf(name: string, text: string | undefined): string | undefined {
  if (!text) return undefined;
  try {
    return parseTimestamp(text);
  } catch (error) {
    throw new Error(`invalid value for ${JSON.stringify(name)}: ${messageOf(error)}`);
  }
}
