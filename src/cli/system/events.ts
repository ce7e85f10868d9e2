import { textLines } from "../../api/client/lines.ts";
import { messageOf } from "../../errors/errors.ts";
import { defineCommand, ExitError } from "../command.ts";
import { INSPECT_FORMAT, LIST_FILTER } from "../flags/common.ts";
import { filtersOf } from "../flags/filter.ts";
import { parseTimestamp } from "../flags/timestamp.ts";
import { compileTemplate, type Template } from "../template/execute.ts";
import { structField } from "../template/struct.ts";
import { eventLine, eventStruct, parseEvent } from "./event_text.ts";

const BAD_TEMPLATE_CODE = 64;

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "Show what happens in the engine, as it happens",
  aliases: ["docker system events", "docker events"],
  count: { most: 0 },
  flags: {
    filter: LIST_FILTER,
    format: { kind: "string", help: INSPECT_FORMAT.help },
    since: { kind: "string", help: "Begin at a time (2013-01-02T13:23:37Z, or 42m for 42 minutes ago)" },
    until: { kind: "string", help: "End at a time (2013-01-02T13:23:37Z, or 42m for 42 minutes ago)" },
  },
  async run(cli, { flags }) {
    const template = flags.format ? compileFormat(flags.format) : undefined;
    const query = {
      since: flags.since ? parseTimestamp(flags.since) : undefined,
      until: flags.until ? parseTimestamp(flags.until) : undefined,
      filters: filtersOf(flags.filter),
    };
    const response = await cli.client.stream("GET", "/events", { query });
    for await (const line of textLines(response.body)) {
      const event = parseEvent(line);
      cli.out(`${template ? template.execute(eventStruct(event)) : eventLine(event)}\n`);
    }
    return 0;
  },
});

/** Tries the template on an empty event, so that a wrong one fails before anything happens. */
function compileFormat(format: string): Template {
  try {
    const template = compileTemplate(format === "json" ? "{{json .}}" : format, structField);
    template.execute(eventStruct({}));
    return template;
  } catch (error) {
    throw new ExitError(BAD_TEMPLATE_CODE, `Error parsing format: ${messageOf(error)}`);
  }
}
