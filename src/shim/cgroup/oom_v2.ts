import { watch } from "node:fs";
import { readSmallFile } from "../../linux/fd.ts";

/** Calls `onOOM` for each rise of oom_kill in memory.events, until stopped. */
export function watchMemoryEvents(folder: string, onOOM: () => void): () => void {
  const file = `${folder}/memory.events`;
  let before = oomKills(file);
  const watcher = watch(file, () => {
    const now = oomKills(file);
    if (now > before) onOOM();
    before = now;
  });
  watcher.unref();
  return () => watcher.close();
}

function oomKills(file: string): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readSmallFile(file))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
