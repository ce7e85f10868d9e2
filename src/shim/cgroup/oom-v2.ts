import { watch } from "node:fs";
import { closeFd, O_RDONLY, openFd, readSmallFile, readToEnd } from "../../linux/fd.ts";
import type { KeptWatch, OOMWatch } from "./oom.ts";

/** Calls `onOOM` for each rise of oom_kill in memory.events above `seen` or what it is now, until stopped. */
export function watchMemoryEvents(folder: string, onOOM: () => void, seen?: number): OOMWatch {
  const file = `${folder}/memory.events`;
  let before = seen ?? oomKills(file);
  const check = () => {
    const now = oomKills(file);
    if (now > before) onOOM();
    before = Math.max(now, before);
  };
  const watcher = watch(file, check);
  watcher.unref();
  if (seen !== undefined) check();
  return { check, stop: () => watcher.close(), keep: () => keep(folder, file, before) };
}

/** Only a file that has been read tells of changes. Undefined where there is something to tell first. */
function keep(folder: string, file: string, kills: number): KeptWatch | undefined {
  let events: number | undefined;
  try {
    events = openFd(file, O_RDONLY);
    if (killsIn(new TextDecoder().decode(readToEnd(events))) <= kills)
      return { version: 2, folder, events, kills };
  } catch {
    // The control group has gone: its process is about to be reaped.
  }
  if (events !== undefined) closeFd(events);
  return undefined;
}

function oomKills(file: string): number {
  try {
    return killsIn(readSmallFile(file));
  } catch {
    return 0;
  }
}

function killsIn(text: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}
