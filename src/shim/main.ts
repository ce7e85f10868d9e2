import { messageOf } from "../errors/errors.ts";
import { closeFd, O_RDWR, openFd, replaceFd, writeFd } from "../linux/fd.ts";
import { SHIM_STAYS } from "../version/same-build.ts";
import { versionLine } from "../version/version.ts";
import { type Flags, parseFlags } from "./flags.ts";

/** The descriptor at which `start` leaves the listening socket for the daemon. */
const LISTENER_FD = 3;

/** Runs the action that the arguments ask for; an error is one line on stderr and exit code 1. */
export async function runShim(args: readonly string[]): Promise<void> {
  try {
    await act(parseFlags(args));
  } catch (error) {
    writeFd(2, new TextEncoder().encode(`docker-containerd-shim: ${messageOf(error)}\n`));
    process.exitCode = 1;
  }
}

async function act(flags: Flags): Promise<void> {
  if (flags.version) {
    print(`${versionLine("docker-containerd-shim")}\n`);
    return;
  }
  if (flags.namespace === "") throw new Error("shim namespace cannot be empty");
  if (flags.action === "start") {
    await startOrStay(flags);
  } else if (flags.action === "delete") {
    const { remove } = await import("./remove.ts");
    writeFd(1, await remove(flags));
  } else if (flags.action === "") {
    await serveTasks(flags);
  } else throw new Error(`unknown action ${flags.action}: want start or delete`);
}

/** With the socket from `start`, or with all that there was before a sleep. */
async function serveTasks(flags: Flags): Promise<void> {
  const { runDaemon, resumeDaemon } = await import("./daemon.ts");
  if (process.env["PEQUOD_SHIM_ASLEEP"] === undefined) return runDaemon(flags, LISTENER_FD);
  const { wakeUp, listenToSignals } = await import("./sleep/sleep.ts");
  await resumeDaemon(flags, wakeUp());
  listenToSignals();
}

async function startOrStay(flags: Flags): Promise<void> {
  const stay = process.env[SHIM_STAYS] === "1";
  // No business of the runtime and of hooks.
  delete process.env[SHIM_STAYS];
  const { start } = await import("./start.ts");
  const { address, listener } = start(flags, stay);
  print(answerOf(address));
  if (listener === undefined) return;
  const { runDaemon } = await import("./daemon.ts");
  letGoOfStdio();
  runDaemon(flags, listener);
}

/**
 * Containerd up to 2.x asks for version 2, which every one of them reads as the bare address; for whoever asks for the
 * third, it is JSON (containerd's BootstrapParams) and the service is containerd.task.v3.
 */
function answerOf(address: string): string {
  const wanted = Number(process.env["MAX_SHIM_VERSION"] ?? "");
  return wanted >= 3 ? JSON.stringify({ version: 3, address, protocol: "ttrpc" }) : address;
}

/** The end of stdout tells the caller that the shim serves. */
function letGoOfStdio(): void {
  const none = openFd("/dev/null", O_RDWR);
  for (const fd of [0, 1, 2]) replaceFd(none, fd);
  closeFd(none);
}

/** By write(2): the first use of process.stdout costs more than 6 ms, twice the rest of `start`. */
function print(text: string): void {
  writeFd(1, new TextEncoder().encode(text));
}
