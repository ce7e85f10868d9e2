/**
 * A shim sleeps for nearly all of its containers' life, and would hold 3 MB for that. So after a while without work it
 * becomes the sleeper (src/shim/sleeper, 100 kB): by execve(2), so that the process, its children, streams and connections
 * stay. At a call, an exit, a signal, output of a terminal or the out-of-memory killer, that becomes the shim again, which
 * takes some 15 ms and goes on where it was.
 */
import { messageOf } from "../../errors/errors.ts";
import { becomeProgram, blockSignals, keepOpen, nameProcess, unblockSignals } from "../../linux/become.ts";
import { closeFd, O_RDONLY, openFd } from "../../linux/fd.ts";
import { sealedFile } from "../../linux/memfd.ts";
import type { Flags } from "../flags.ts";
import { log } from "../log.ts";
import { descriptorsOfShim, type KeptShim, readKept, writeKept } from "./kept.ts";

const NAME = "docker-containerd-shim";
/** Tells the sleeper, and the shim after it, their descriptors: the file with the state, the shim's executable. */
const ASLEEP = "PEQUOD_SHIM_ASLEEP";
/** SIGHUP, SIGINT, SIGTERM, SIGCHLD: they wake the sleeper. */
const WAKING = [1, 2, 15, 17];

/** The sleeper's program, which goes with this process. */
async function sleeperFile(): Promise<number> {
  const { default: embedded } = await import("../../../.build/sleeper", { with: { type: "file" } });
  return sealedFile("docker-containerd-shim-sleeper", await Bun.file(embedded).bytes(), true);
}

/**
 * Becomes the sleeper, if `keep` allows it. Comes back when that is not so, or not possible: then all is as it was.
 */
export async function fallAsleep(flags: Flags, keep: () => KeptShim | undefined): Promise<void> {
  const opened = [await sleeperFile()];
  try {
    // From here to the end nothing else runs in between.
    const kept = keep();
    if (kept === undefined) return;
    const { all, watched } = descriptorsOfShim(kept);
    opened.push(writeKept(kept, watched), openFd("/proc/self/exe", O_RDONLY));
    const [sleeper, state, shim] = opened as [number, number, number];
    blockSignals(WAKING);
    keepOpen([...all, state, shim]);
    becomeProgram(sleeper, argumentsOf(flags, kept.shown), environment(`${state}:${shim}`));
  } catch (error) {
    log("warning", `cannot sleep: ${messageOf(error)}`);
    keepOpen([]);
    unblockSignals(WAKING);
  } finally {
    for (const fd of opened) closeFd(fd);
  }
}

/** As a shim that serves is called. */
function argumentsOf(flags: Flags, shown: string): string[] {
  const { namespace, address, debug } = flags;
  return [NAME, "-namespace", namespace, "-id", shown, "-address", address, ...(debug ? ["-debug"] : [])];
}

function environment(asleep: string): string[] {
  return [
    ...Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ""}`),
    `${ASLEEP}=${asleep}`,
  ];
}

/** What this process has kept over its sleep. Signals still wait, until listenToSignals(). */
export function wakeUp(): KeptShim {
  const [state = -1, shim = -1] = (process.env[ASLEEP] ?? "").split(":").map(Number);
  // No business of the runtime and of hooks.
  delete process.env[ASLEEP];
  keepOpen([]);
  nameProcess(NAME);
  closeFd(shim);
  return readKept(state);
}

/** To be called once there are handlers for them. */
export function listenToSignals(): void {
  unblockSignals(WAKING);
}
