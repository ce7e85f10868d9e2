import { humanDuration } from "../../units/human-duration.ts";
import { defineCommand } from "../command.ts";
import { LIST_FORMAT } from "../flags/common.ts";
import { rfc3339Local } from "../format/go-time.ts";
import { type Columns, formatList } from "../format/list.ts";
import { humanSizeDigits } from "../format/size.ts";
import { ellipsis, shortId } from "../format/text.ts";
import { platformOption } from "../platform.ts";
import { imagePath } from "./path.ts";

/** A step that an image was made in. */
interface HistoryItem {
  Id: string;
  /** Unix seconds. */
  Created: number;
  CreatedBy: string;
  Size: number;
  Comment: string;
}

const HEADERS: Record<string, string> = {
  ID: "IMAGE",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  CreatedBy: "CREATED BY",
  Size: "SIZE",
  Comment: "COMMENT",
};

const COMMAND_WIDTH = 45;
const SIZE_DIGITS = 3;
const ZERO_TIME = -62135596800;
const HUMAN = "table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}";
const EXACT = "table {{.ID}}\t{{.CreatedAt}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}";

export default defineCommand({
  usage: "[OPTIONS] IMAGE",
  summary: "Show the steps that an image was made in",
  aliases: ["docker image history", "docker history"],
  count: { least: 1, most: 1 },
  flags: {
    format: LIST_FORMAT,
    human: { kind: "bool", short: "H", on: true, help: "Sizes and dates as people say them" },
    "no-trunc": { kind: "bool", help: "Do not cut the output" },
    platform: {
      kind: "string",
      since: "1.48",
      help: 'The variant for this platform ("os[/arch[/variant]]")',
    },
    quiet: { kind: "bool", short: "q", help: "Show ids only" },
  },
  async run(cli, { args, flags }) {
    const query = {
      platform: flags.platform ? platformOption(flags.platform, "invalid platform: ") : undefined,
    };
    const items = await cli.client.json<HistoryItem[]>("GET", imagePath(args[0]!, "/history"), { query });
    const chosen = flags.format || "table";
    const table = flags.quiet ? "{{.ID}}" : flags.human ? HUMAN : EXACT;
    const format = chosen === "table" ? table : chosen;
    const rows = items.map((item) => columnsOf(item, !flags["no-trunc"], flags.human));
    cli.out(formatList({ format, headers: HEADERS, rows, type: "*image.historyContext" }));
    return 0;
  },
});

function columnsOf(item: HistoryItem, short: boolean, human: boolean): Columns {
  const created = item.Created <= ZERO_TIME ? "" : rfc3339Local(item.Created);
  const since = item.Created <= 0 ? "N/A" : `${humanDuration(Date.now() / 1000 - item.Created)} ago`;
  const command = item.CreatedBy.replaceAll("\t", " ");
  return {
    ID: () => (short ? shortId(item.Id) : item.Id),
    CreatedAt: () => created,
    CreatedSince: () => (human ? since : created),
    CreatedBy: () => (short ? ellipsis(command, COMMAND_WIDTH) : command),
    Size: () => (human ? humanSizeDigits(item.Size, SIZE_DIGITS) : String(item.Size)),
    Comment: () => item.Comment,
  };
}
