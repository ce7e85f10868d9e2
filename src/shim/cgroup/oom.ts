/** Tells when the kernel's out-of-memory killer strikes in a container. */

import { eventfd } from "../../linux/eventfd.ts";
import { closeFd, O_RDONLY, openFd, readFd, writeControlFile } from "../../linux/fd.ts";
import { log } from "../log.ts";
import { cgroupPaths } from "./path.ts";

export interface OOMWatch {
  /** Looks whether the killer has struck since, for who must know it before something else is told. */
  check(): void;
  stop(): void;
  /** What it takes to go on in another program (resumeWatch); undefined for now. */
  keep(): KeptWatch | undefined;
}

/** A watch as data. The descriptors: v1's event counter; in v2 a file that is ready by POLLPRI when it has changed. */
export type KeptWatch =
  | { version: 0 }
  | { version: 1; event: number }
  | { version: 2; folder: string; events: number; kills: number };

const NO_WATCH: OOMWatch = { check() {}, stop() {}, keep: () => ({ version: 0 }) };

/** A watch that another program has begun. What has happened since then is told before this resolves. */
export async function resumeWatch(kept: KeptWatch, onOOM: () => void): Promise<OOMWatch> {
  if (kept.version === 0) return NO_WATCH;
  if (kept.version === 1) return watchCounter(kept.event, onOOM);
  const { watchMemoryEvents } = await import("./oom-v2.ts");
  closeFd(kept.events);
  try {
    return watchMemoryEvents(kept.folder, onOOM, kept.kills);
  } catch (error) {
    log("debug", `no OOM events any more: ${(error as Error).message}`);
    return NO_WATCH;
  }
}

/** Watches the memory control group of a container's init until it is stopped. */
export function memoryCgroupWatch(pid: number, onOOM: () => void): OOMWatch {
  try {
    const { v1, v2 } = cgroupPaths(pid);
    const memory = v1.get("memory");
    if (memory !== undefined) return watchV1(memory, onOOM);
    if (v2 !== undefined) return watchV2(v2, onOOM);
  } catch (error) {
    // A container that ends at once has no control group any more.
    log("debug", `no OOM events: ${(error as Error).message}`);
  }
  return NO_WATCH;
}

/** v1: the kernel counts up an eventfd that was registered in cgroup.event_control. */
function watchV1(folder: string, onOOM: () => void): OOMWatch {
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
  return watchCounter(event, onOOM);
}

/** Takes the counter over. */
function watchCounter(event: number, onOOM: () => void): OOMWatch {
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
  return {
    check() {
      if (!stopped && readCount(event)) onOOM();
    },
    stop() {
      stopped = true;
      void reader.cancel().catch(() => {});
    },
    keep: () => (stopped ? undefined : { version: 1, event }),
  };
}

/** True if the counter has been raised; it is then 0 again. */
function readCount(event: number): boolean {
  try {
    return readFd(event, new Uint8Array(8)) > 0;
  } catch {
    // EAGAIN: it has not, or its reader has been faster.
    return false;
  }
}

/** v2: memory.events changes; its oom_kill counter tells whether it was for that. */
function watchV2(folder: string, onOOM: () => void): OOMWatch {
  let watch: OOMWatch | undefined;
  let stopped = false;
  void import("./oom-v2.ts").then(({ watchMemoryEvents }) => {
    if (!stopped) watch = watchMemoryEvents(folder, onOOM);
  });
  return {
    check: () => watch?.check(),
    stop() {
      stopped = true;
      watch?.stop();
    },
    keep: () => watch?.keep(),
  };
}
