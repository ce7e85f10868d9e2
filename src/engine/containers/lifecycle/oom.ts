/**
 * Events of the out-of-memory killer, each strike once. The shim tells of one as it happens; what happens while dockerd or
 * containerd is dead is found by the kernel's own counter, which is there for as long as the task is.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { realtimeNanos } from "../../../linux/clock.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { saveContainer } from "../record.ts";
import { cgroupVersion } from "../stats/cgroup.ts";
import { cgroupPath } from "./spec.ts";

/** How long after a strike has been found by its counter the shim may still come to tell of it, nanoseconds. */
const LATE = 5_000_000_000n;

/** When the counter is looked at again, after the shim has told of what it did not show, milliseconds. */
const AGAIN_MS = [100, 400, 1500, 3000];

/** The shim tells of a strike, at a time in nanoseconds since 1970. */
export async function oomTold(env: Env, container: Container, at: bigint): Promise<void> {
  // In the order of events: after the start is told, and before the end.
  await container.lock.run(async () => {
    const told = toldKills(env, container);
    // All of them were counted at the end of the run: the shim is late.
    if (!container.state.hasTask && told > 0) return;
    const kills = killsOf(env, container) ?? told + 1;
    // Told by its counter already; or the shim was faster, as the kernel calls it before it strikes.
    container.oomInDoubt = kills <= told && at <= container.oomLookedAt + LATE;
    if (!container.oomInDoubt) publishOOM(env, container, Math.max(kills, told + 1));
  });
  for (const pause of AGAIN_MS) {
    if (!container.oomInDoubt) return;
    await Bun.sleep(pause);
    await lookForOOM(env, container);
  }
  container.oomInDoubt = false;
}

/** Tells of strikes that nobody has told of. */
export function lookForOOM(env: Env, container: Container): Promise<void> {
  return container.lock.run(async () => lookForOOMLocked(env, container));
}

/** The same for who holds the container's lock. */
export function lookForOOMLocked(env: Env, container: Container): void {
  const kills = killsOf(env, container) ?? 0;
  if (!container.state.hasTask || kills <= toldKills(env, container)) return;
  container.oomInDoubt = false;
  container.oomLookedAt = realtimeNanos();
  publishOOM(env, container, kills);
}

const toldKills = (env: Env, { id }: Container) => env.events.journal?.known.get(id)?.kills ?? 0;

function publishOOM(env: Env, container: Container, kills: number): void {
  container.state.oomKilled = true;
  publish(env, container, "oom", {}, { kills });
  if (!container.removed) saveContainer(container);
}

/** Undefined where the kernel does not say, or says no more. */
function killsOf(env: Env, container: Container): number | undefined {
  const path = cgroupPath(env, container);
  const file =
    cgroupVersion() === 1
      ? join("/sys/fs/cgroup/memory", path, "memory.oom_control")
      : join("/sys/fs/cgroup", path, "memory.events");
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync(file, "utf8"))?.[1];
    return count === undefined ? undefined : Number(count);
  } catch {
    return undefined;
  }
}
