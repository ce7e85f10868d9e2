/** Tells when the kernel's out-of-memory killer strikes in a container. */

import { eventfd } from "../../linux/eventfd.ts";
import { closeFd, O_RDONLY, openFd, writeControlFile } from "../../linux/fd.ts";
import { log } from "../log.ts";
import { cgroupPaths } from "./path.ts";

/** Watches the memory control group of a container's init until the returned function is called. */
export function memoryCgroupWatch(pid: number, onOOM: () => void): () => void {
  try {
    const { v1, v2 } = cgroupPaths(pid);
    const memory = v1.get("memory");
    if (memory !== undefined) return watchV1(memory, onOOM);
    if (v2 !== undefined) return watchV2(v2, onOOM);
  } catch (error) {
    // A container that ends at once has no control group any more.
    log("debug", `no OOM events: ${(error as Error).message}`);
  }
  return () => {};
}

/** v1: the kernel counts up an eventfd that was registered in cgroup.event_control. */
function watchV1(folder: string, onOOM: () => void): () => void {
  const event = eventfd();
  const control = openFd(`${folder}/memory.oom_control`, O_RDONLY);
  try {
    writeControlFile(`${folder}/cgroup.event_control`, `${event} ${control}`);
  } catch (error) {
    closeFd(event);
    throw error;
  } finally {
    closeFd(control);
  }
  let stopped = false;
  const reader = Bun.file(event).stream().getReader();
  const listen = async (): Promise<void> => {
    try {
      // Removing the control group makes a last event, when the init has gone and we have stopped.
      for (let part = await reader.read(); !part.done && !stopped; part = await reader.read()) onOOM();
    } catch {
      // Cancelled.
    } finally {
      closeFd(event);
    }
  };
  void listen();
  return () => {
    stopped = true;
    void reader.cancel().catch(() => {});
  };
}

/** v2: memory.events changes; its oom_kill counter tells whether it was for that. */
function watchV2(folder: string, onOOM: () => void): () => void {
  let stop = (): void => {};
  let stopped = false;
  void import("./oom_v2.ts").then(({ watchMemoryEvents }) => {
    if (!stopped) stop = watchMemoryEvents(folder, onOOM);
  });
  return () => {
    stopped = true;
    stop();
  };
}
