/** The `delete` action: clears away what a dead shim left, and reports an exit for its container. */
import { messageOf } from "../errors/errors.ts";
import { readSmallFile, unlinkIfThere, writeFd } from "../linux/fd.ts";
import { becomeSubreaper } from "../linux/prctl.ts";
import { unixAnswers } from "../linux/unix-socket.ts";
import { DeleteResponse } from "../proto/containerd/task/v2/shim.ts";
import { readOptions, readPidFile, runtimeRoot } from "./bundle.ts";
import type { Flags } from "./flags.ts";
import { Reaper } from "./reaper.ts";
import { unmountAll } from "./rootfs.ts";
import { findRuntime, Runtime } from "./runtime.ts";
import { timestamp } from "./timestamp.ts";

const KILLED = 128 + 9;

/** Of the runtime's removal. */
const ATTEMPTS = 3;

/** Removes the container by force and returns the encoded DeleteResponse. Problems are warnings on stderr. */
export async function remove(flags: Flags): Promise<Uint8Array> {
  const bundle = bundleOf(flags);
  const reaper = new Reaper();
  becomeSubreaper();
  reaper.start();
  // Waiting for a signal alone does not keep the process alive.
  const alive = setInterval(() => reaper.reap(), 1000);
  await attempt("remove the container", async () => {
    const stored = readOptions(bundle);
    const runtime = new Runtime(
      {
        binary: findRuntime(stored.binary),
        root: runtimeRoot(stored, flags.namespace),
        bundle,
        systemdCgroup: stored.systemdCgroup,
      },
      reaper,
    );
    await persistently(() => runtime.run("delete", ["delete", "--force", flags.id]));
  });
  await attempt("unmount the root file system", () => unmountAll(`${bundle}/rootfs`));
  clearInterval(alive);
  removeDeadSocket(bundle);
  let pid = 0;
  await attempt("read the process id", () => {
    pid = readPidFile(`${bundle}/init.pid`);
  });
  return DeleteResponse.encode({ pid, exitStatus: KILLED, exitedAt: timestamp(new Date()) });
}

/** Nobody would look again for what a runtime that fails, or is killed, leaves. Errors: those of the last attempt. */
async function persistently(work: () => Promise<void>): Promise<void> {
  for (let left = ATTEMPTS - 1; left > 0; left--) {
    try {
      return await work();
    } catch {}
  }
  await work();
}

/** The bundle is the working folder, or beside it when the shim of a group cleans up for a member. */
function bundleOf(flags: Flags): string {
  if (flags.bundle !== "") return flags.bundle;
  const cwd = process.cwd();
  return `${cwd.slice(0, cwd.lastIndexOf("/"))}/${flags.id}`;
}

async function attempt(what: string, work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    writeFd(2, new TextEncoder().encode(`cannot ${what}: ${messageOf(error)}\n`));
  }
}

/** A socket that still answers belongs to the live shim of a group, or to a new container of the same id. */
function removeDeadSocket(bundle: string): void {
  try {
    const path = readSmallFile(`${bundle}/address`).replace("unix://", "");
    if (!unixAnswers(path)) unlinkIfThere(path);
  } catch {
    // It died before there was an address.
  }
}
