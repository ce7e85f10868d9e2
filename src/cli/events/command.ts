import { textLines } from "../../api/client/lines.ts";
import { messageOf } from "../../errors/errors.ts";
import { defineCommand, ExitError } from "../command.ts";
import { checkFilter, filtersOf } from "../flags/filter.ts";
import { parseTimestamp } from "../flags/timestamp.ts";
import { compileTemplate, type Template } from "../template/execute.ts";
import { Event, eventField } from "./message.ts";

const BAD_FORMAT_CODE = 64;

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "Print what happens in the engine, as it happens",
  aliases: ["docker system events", "docker events"],
  count: { most: 0 },
  flags: {
    filter: {
      kind: "list",
      short: "f",
      type: "filter",
      help: "Print only what meets a condition (NAME=VALUE)",
      check: checkFilter,
    },
    format: { kind: "string", help: "'json', or a Go template for each event" },
    since: { kind: "string", help: "Print what has happened since a time as well" },
    until: { kind: "string", help: "End at a time" },
  },
  async run(cli, { flags }) {
    const template = flags.format ? templateOf(flags.format) : undefined;
    const query = {
      since: flags.since ? parseTimestamp(flags.since) : undefined,
      until: flags.until ? parseTimestamp(flags.until) : undefined,
      filters: filtersOf(flags.filter),
    };
    const { body } = await cli.client.stream("GET", "/events", { query });
    for await (const line of textLines(body)) {
      const event = new Event(line);
      cli.out(`${template?.execute(event) ?? event}\n`);
    }
    return 0;
  },
});

function templateOf(format: string): Template {
  try {
    const template = compileTemplate(format === "json" ? "{{json .}}" : format, eventField);
    template.execute(new Event("{}"));
    return template;
  } catch (error) {
    throw new ExitError(BAD_FORMAT_CODE, `Error parsing format: ${messageOf(error)}`);
  }
}
