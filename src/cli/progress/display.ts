import { terminalSize } from "../terminal/size.ts";
import { progressText } from "./bar.ts";
import type { ProgressMessage } from "./messages.ts";

/** Where progress is shown. */
export interface Screen {
  write(text: string): void;
  /** Lines are redrawn in place. */
  terminal: boolean;
  /** Columns, asked for at each message. */
  width(): number;
}

const ERASE_LINE = "\x1b[2K";
const DEFAULT_WIDTH = 200;
const up = (lines: number) => (lines === 0 ? "" : `\x1b[${lines}A`);
const down = (lines: number) => (lines === 0 ? "" : `\x1b[${lines}B`);

/** The screen behind stdout or stderr. */
export function screenOf(fd: 1 | 2, terminal: boolean, write: (text: string) => void): Screen {
  return { write, terminal, width: () => terminalSize(fd)?.columns ?? DEFAULT_WIDTH };
}

/**
 * Shows the messages of a long action; each id has a line of its own on a terminal. `onAux` gets what is meant for
 * programs. Errors: the one that a message reports.
 */
export async function displayProgress(
  messages: AsyncIterable<ProgressMessage>,
  screen: Screen,
  onAux: (aux: unknown) => void = () => {},
): Promise<void> {
  let lines = new Map<string, number>();
  for await (const message of messages) {
    if (message.aux !== undefined && message.aux !== null) {
      onAux(message.aux);
      continue;
    }
    const inPlace =
      Boolean(message.id) && (message.progressDetail !== undefined || Boolean(message.progress));
    if (!inPlace) lines = new Map();
    const distance = inPlace ? moveTo(message.id!, lines, screen) : 0;
    try {
      show(message, screen);
    } finally {
      if (message.id && screen.terminal) screen.write(down(distance));
    }
  }
}

/** Goes up to the line of an id, a new one if it has none yet; returns how far. */
function moveTo(id: string, lines: Map<string, number>, screen: Screen): number {
  let line = lines.get(id);
  if (line === undefined) {
    line = lines.size;
    lines.set(id, line);
    if (screen.terminal) screen.write("\n");
  }
  const distance = lines.size - line;
  if (screen.terminal) screen.write(up(distance));
  return distance;
}

function show(message: ProgressMessage, screen: Screen): void {
  if (message.errorDetail) throw new Error(message.errorDetail.message ?? message.error ?? "");
  const { progressDetail, stream = "", status = "" } = message;
  const bar = progressDetail ? progressText(progressDetail, screen.width()) : "";
  const redraws = screen.terminal && stream === "" && progressDetail !== undefined;
  if (!redraws && bar !== "") return;
  const end = redraws ? "\r" : "";
  let text = redraws ? `${ERASE_LINE}\r` : "";
  text += timeOf(message);
  if (message.id) text += `${message.id}: `;
  if (message.from) text += `(from ${message.from}) `;
  if (progressDetail && screen.terminal) text += `${status} ${bar}${end}`;
  else if (message.progress) text += `${status} ${message.progress}${end}`;
  else if (stream !== "") text += stream + end;
  else text += `${status}${end}\n`;
  screen.write(text);
}

function timeOf({ time, timeNano }: ProgressMessage): string {
  if (timeNano) return `${new Date(timeNano / 1e6).toISOString().replace("Z", "000000Z")} `;
  return time ? `${new Date(time * 1000).toISOString().replace("Z", "000000Z")} ` : "";
}
