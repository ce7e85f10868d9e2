/** Tells when the kernel's out-of-memory killer strikes in a cgroup. */
import { watch } from "node:fs";
import { eventfd } from "../eventfd.ts";
import { closeFd, O_RDONLY, openFd, readSmallFile, writeControlFile } from "../fd.ts";
import { type Cgroup, folderOf } from "./cgroup.ts";
import { oomKills } from "./oom-kills.ts";

/** Calls `onOom` for each strike until the returned function is called. Without a memory cgroup it never does. */
export function watchOom(cgroup: Cgroup, onOom: () => void): () => void {
  const folder = folderOf(cgroup, "memory");
  if (!folder) return () => {};
  return folder.version === 1 ? watchV1(folder.path, onOom) : watchV2(folder.path, onOom);
}

/** v1: the kernel counts up an eventfd that is registered in cgroup.event_control. */
function watchV1(folder: string, onOom: () => void): () => void {
  const event = eventfd();
  const control = openFd(`${folder}/memory.oom_control`, O_RDONLY);
  writeControlFile(`${folder}/cgroup.event_control`, `${event} ${control}`);
  closeFd(control);
  const reader = Bun.file(event).stream().getReader();
  const listen = async () => {
    try {
      // The removal of the cgroup makes a last event: by then there is no file any more.
      for (let part = await reader.read(); !part.done; part = await reader.read())
        if (oomControlReadable(folder)) onOom();
    } catch {
      // Cancelled.
    }
    closeFd(event);
  };
  void listen();
  return () => void reader.cancel().catch(() => {});
}

function oomControlReadable(folder: string): boolean {
  try {
    return readSmallFile(`${folder}/memory.oom_control`) !== "";
  } catch {
    return false;
  }
}

/** v2: memory.events changes, and its counter oom_kill tells whether for that. */
function watchV2(folder: string, onOom: () => void): () => void {
  const cgroup: Cgroup = [{ version: 2, controllers: ["memory"], path: folder }];
  let before = oomKills(cgroup);
  const watcher = watch(`${folder}/memory.events`, () => {
    const now = oomKills(cgroup);
    if (now > before) onOom();
    before = now;
  });
  return () => watcher.close();
}
