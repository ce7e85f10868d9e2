/** Shows what an engine tells of a build, in its own words or as steps. */
import type { StreamedResponse } from "../../api/client/client.ts";
import { jsonLines } from "../../api/client/lines.ts";
import type { Cli } from "../cli.ts";
import { ExitError } from "../command.ts";
import type { ProgressMessage } from "../progress/messages.ts";
import { terminalSize } from "../terminal/size.ts";
import type { BuildFlags } from "./flags.ts";
import type { BuildEvent } from "./steps.ts";
import { type BuildView, PlainView, RawView, TerminalView } from "./view.ts";

/** Shows the build, and gives the image's id. Errors: ExitError with the failed command's code. */
export async function follow(
  cli: Cli,
  flags: BuildFlags,
  response: StreamedResponse,
  classic: boolean,
): Promise<string> {
  let id = "";
  const aux = (value: unknown) => {
    const found = (value as { ID?: string }).ID;
    if (found) id = found;
  };
  const messages = jsonLines<ProgressMessage>(response.body);
  if (flags.quiet) {
    let words = "";
    for await (const message of messages) {
      if (message.error) cli.err(words);
      failOn(cli, message);
      if (!message.stream) continue;
      words += message.stream;
      id = message.stream.trim();
    }
    return id;
  }
  if (classic) {
    const say = ["quiet", "none"].includes(flags.progress ?? "") ? () => {} : (text: string) => cli.out(text);
    await showClassic(cli, messages, say, aux);
    return id;
  }
  const view = viewOf(cli, flags.progress ?? "auto");
  try {
    for await (const message of messages) {
      const event = (message.aux as { pequod?: BuildEvent } | undefined)?.pequod;
      if (event) view.event(event);
      else if (message.aux) aux(message.aux);
      else if (message.stream) view.remark(message.stream);
      else if (message.error) return failed(cli, view, message);
      else view.progress([message.id, message.status, message.progress].filter(Boolean).join(" "));
    }
  } finally {
    view.end();
  }
  return id;
}

function failed(cli: Cli, view: BuildView, message: ProgressMessage): never {
  view.end();
  const detail = message.errorDetail as { excerpt?: string } | undefined;
  if (detail?.excerpt) cli.err(`${detail.excerpt}\n`);
  return failOn(cli, message) as never;
}

async function showClassic(
  cli: Cli,
  messages: AsyncIterable<ProgressMessage>,
  say: (text: string) => void,
  aux: (value: unknown) => void,
): Promise<void> {
  for await (const message of messages) {
    failOn(cli, message);
    if (message.aux) aux(message.aux);
    else if (message.stream) say(message.stream);
    else if (message.status && !message.progress)
      say(`${message.id ? `${message.id}: ` : ""}${message.status}\n`);
  }
}

function failOn(_cli: Cli, message: ProgressMessage): void {
  if (!message.error) return;
  throw new ExitError(message.errorDetail?.code || 1, message.errorDetail?.message ?? message.error);
}

function viewOf(cli: Cli, progress: string): BuildView {
  const write = (text: string) => cli.err(text);
  const size = () => terminalSize(2) ?? { rows: 24, columns: 80 };
  switch (progress) {
    case "plain":
      return new PlainView(write);
    case "rawjson":
      return new RawView(write);
    case "none":
    case "quiet":
      return new PlainView(() => {});
    case "tty":
      return new TerminalView({ write, size });
    default:
      return cli.isTerminal(2) ? new TerminalView({ write, size }) : new PlainView(write);
  }
}

const PROGRESS = ["auto", "plain", "tty", "quiet", "none", "rawjson"];

/** Errors: plain. */
export function checkProgress(progress: string): string {
  if (PROGRESS.includes(progress)) return progress;
  throw new Error(`invalid progress mode ${JSON.stringify(progress)}: want ${PROGRESS.join(", ")}`);
}
