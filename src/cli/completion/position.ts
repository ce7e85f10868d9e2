import type { Command, Entry } from "../command.ts";
import type { Flag, FlagTable } from "../flags/spec.ts";
import { GLOBAL_FLAGS } from "../global.ts";

/** Where in a command line the cursor is. */
export type Position =
  | { kind: "command"; entries: Record<string, Entry> }
  | { kind: "flag"; flags: FlagTable }
  | { kind: "value"; name: string; flag: Flag }
  | { kind: "argument"; command: Command; arguments: string[] }
  | { kind: "nothing" };

/** What was read of a command line before the word at the cursor. */
interface Walk {
  entries: Record<string, Entry> | undefined;
  command: Command | undefined;
  flags: FlagTable;
  arguments: string[];
}

/** Finds out what the last of the words is; it may be empty. The words before it are complete. */
export async function positionOf(
  commands: Record<string, Entry>,
  words: readonly string[],
): Promise<Position> {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? "";
  const walk: Walk = { entries: commands, command: undefined, flags: GLOBAL_FLAGS, arguments: [] };
  for (let i = 0; i < before.length; i++) {
    const word = before[i]!;
    if (word.startsWith("-") && word.length > 1 && !isOver(walk)) {
      const open = openFlag(walk.flags, word);
      if (!open) continue;
      if (i === before.length - 1) return { kind: "value", ...open };
      i++;
    } else if (!(await step(walk, word))) return { kind: "nothing" };
  }
  if (last.startsWith("-") && !isOver(walk)) return { kind: "flag", flags: walk.flags };
  if (walk.command) return { kind: "argument", command: walk.command, arguments: walk.arguments };
  return walk.entries ? { kind: "command", entries: walk.entries } : { kind: "nothing" };
}

/** Whether flags of ours cannot follow any more: those of the container's command do. */
const isOver = ({ command, arguments: given }: Walk) => command?.stopAtFirst === true && given.length > 0;

async function step(walk: Walk, word: string): Promise<boolean> {
  if (walk.command) {
    walk.arguments.push(word);
    return true;
  }
  const entry = walk.entries && Object.hasOwn(walk.entries, word) ? walk.entries[word] : undefined;
  if (!entry) return false;
  walk.entries = entry.group;
  walk.command = entry.load ? (await entry.load()).default : undefined;
  walk.flags = walk.command?.flags ?? {};
  return true;
}

/** The flag whose value is the next word; undefined for one that has its value, or needs none. */
function openFlag(flags: FlagTable, word: string): { name: string; flag: Flag } | undefined {
  if (word.includes("=")) return undefined;
  const found = word.startsWith("--")
    ? Object.entries(flags).find(([name]) => name === word.slice(2))
    : Object.entries(flags).find(([, flag]) => flag.short === word.at(-1));
  return found && found[1].kind !== "bool" ? { name: found[0], flag: found[1] } : undefined;
}

/** What usage lines call the argument at a place: "CONTAINER" of "[OPTIONS] CONTAINER [CONTAINER...]". */
export function placeholderAt(usage: string, index: number): string | undefined {
  const tokens = usage.split(" ").filter((token) => token !== "" && token !== "[OPTIONS]");
  const token = tokens[index] ?? (tokens.at(-1)?.includes("...") ? tokens.at(-1) : undefined);
  return token?.match(/[A-Z]+(_[A-Z]+)*/)?.[0];
}
