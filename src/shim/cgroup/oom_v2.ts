import { watch } from "node:fs";
import { readSmallFile } from "../../linux/fd.ts";
import type { OOMWatch } from "./oom.ts";

/** Calls `onOOM` for each rise of oom_kill in memory.events, until stopped. */
export function watchMemoryEvents(folder: string, onOOM: () => void): OOMWatch {
  const file = `${folder}/memory.events`;
  let before = oomKills(file);
  const check = () => {
    const now = oomKills(file);
    if (now > before) onOOM();
    before = Math.max(now, before);
  };
  const watcher = watch(file, check);
  watcher.unref();
  return { check, stop: () => watcher.close() };
}

function oomKills(file: string): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readSmallFile(file))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
