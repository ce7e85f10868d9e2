import { rmSync } from "node:fs";
import { isNotFound, kindOf, messageOf } from "../../../errors/errors.ts";
import { faultPoint } from "../../../files/fault.ts";
import type { EndpointReference } from "../../../network/types.ts";
import type { ExitStatus } from "../../containerd/client.ts";
import { publishEndpoints } from "../../networks/events.ts";
import { millisBetween } from "../../time.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publishDie } from "../events.ts";
import { endExecs } from "../exec/exit.ts";
import { forEachImageLayer } from "../image-mounts.ts";
import { fifoFolder } from "../io/fifo-folder.ts";
import { saveContainer } from "../record.ts";
import { beginRemoval, removeLocked } from "./destroy.ts";
import { unmountShm, unmountVolume } from "./mounts.ts";
import { tearDownNetwork } from "./network.ts";
import { lookForOOMLocked } from "./oom.ts";
import { nextDelay, wantsRestart } from "./restart-policy.ts";
import { forceDelete, startLocked } from "./start.ts";
import { releaseSubMounts } from "./sub-mounts.ts";

/** A container's init process has ended. `pid` tells which run it was, 0 if that is not known. */
export function containerExited(
  env: Env,
  container: Container,
  pid: number,
  exit: ExitStatus,
): Promise<void> {
  return container.lock.run(async () => {
    const { state } = container;
    // Told twice, or of a run that failed to start.
    if (!state.hasTask || (pid !== 0 && pid !== state.pid)) return;
    await endRun(env, container, exit);
  });
}

async function endRun(env: Env, container: Container, exit: ExitStatus): Promise<void> {
  const { state, facts } = container;
  container.stopHealth?.();
  // Strikes whose events came when nobody listened, or are still to come.
  lookForOOMLocked(env, container);
  container.oomInDoubt = false;
  // Kept before the task is deleted, which alone knows of it: whoever finds no task goes by this.
  Object.assign(state, { exitCode: exit.exitCode, finishedAt: exit.exitedAt });
  saveContainer(container);
  await endExecs(env, container);
  const mayRemove = !container.restarting && container.hostConfig.AutoRemove === true;
  const left = await releaseRun(env, container, mayRemove);
  const millis = millisBetween(state.startedAt, exit.exitedAt);
  state.pid = 0;
  const again =
    !container.restarting &&
    wantsRestart(container.hostConfig.RestartPolicy, {
      exitCode: exit.exitCode,
      millis,
      stopped: facts.manuallyStopped || env.closing,
      restarts: container.failures,
    });
  state.move(again ? "restarting" : "exited");
  const removes = !again && mayRemove;
  if (again) planRestart(env, container, millis);
  // One that is about to be removed need not be written: should the daemon die now, it is found ended all the same.
  if (!removes) saveContainer(container);
  publishDie(env, container);
  publishEndpoints(env.events, "disconnect", container.id, left);
  container.hub.end();
  container.waiters.exited({ exitCode: exit.exitCode });
  if (removes) await removeLocked(env, container, { volumes: true });
}

/** Deletes a task that has ended, also when the first try comes to nothing, as when somebody kills the runtime amid it. */
async function deleteTask(env: Env, id: string): Promise<void> {
  try {
    await env.containerd.deleteTask(id);
  } catch (error) {
    if (isNotFound(error)) return;
    if (kindOf(error) === "unavailable") throw error;
    await forceDelete(env, id);
  }
}

/** Removes the task and the container from containerd. By then everything that was printed has been copied. */
async function leaveContainerd(env: Env, container: Container): Promise<void> {
  try {
    // With its task the shim's ends of the FIFOs go, and what is in them would be the daemon's alone.
    container.run?.io.drain();
    faultPoint("output.drained", container.id);
    await deleteTask(env, container.id);
  } catch (error) {
    warn(env, container, "task could not be removed from containerd", error);
  }
  await Promise.all([closeOutput(env, container), env.containerd.deleteContainer(container.id)]);
}

const warn = (env: Env, container: Container, message: string, error: unknown) =>
  env.log.warn(message, { container: container.id, error: messageOf(error) });

/** Everything that was printed is in the log and with those attached after this. */
async function closeOutput(env: Env, container: Container): Promise<void> {
  const { run } = container;
  container.run = undefined;
  if (!run) return;
  try {
    await run.io.finish();
  } catch (error) {
    warn(env, container, "output of a container could not be read to its end", error);
  }
  run.log.close();
}

/**
 * Gives back what one run needs: task, output, mounts, network, volumes. Returns the networks it was on.
 *
 * All at once: the init process has gone, and what else ran in its pid namespace with it, so nothing needs its mounts or
 * its network any more while the runtime clears up. Where the container is about to be removed, its layer goes meanwhile.
 */
async function releaseRun(env: Env, container: Container, removes: boolean): Promise<EndpointReference[]> {
  let left: EndpointReference[] = [];
  const attempt = async (what: string, work: () => Promise<unknown> | unknown) => {
    try {
      await work();
    } catch (error) {
      warn(env, container, `${what} of a container could not be released`, error);
    }
  };
  await attempt("part of a volume", () => releaseSubMounts(container));
  const volumes = Object.values(container.facts.mountPoints).filter(({ Type }) => Type === "volume");
  await Promise.all([
    attempt("record in containerd", () => leaveContainerd(env, container)),
    attempt("network", async () => {
      left = await tearDownNetwork(env, container);
    }),
    attempt("root file system", async () => {
      await env.images.layers.getRWLayer(container.id).unmount();
      if (removes) await beginRemoval(env, container);
    }),
    attempt("image", () => forEachImageLayer(env, container, (layer) => layer.unmount())),
    ...volumes.map((point) => attempt("volume", () => unmountVolume(env, container, point))),
  ]);
  if (container.hostConfig.IpcMode === "shareable")
    await attempt("shared memory", () => unmountShm(container));
  rmSync(fifoFolder(env, container), { recursive: true, force: true });
  return left;
}

function planRestart(env: Env, container: Container, runMillis: number): void {
  container.restartDelay = nextDelay(container.restartDelay, runMillis);
  const timer = setTimeout(() => {
    container.cancelRestart = undefined;
    restart(env, container).catch((error) =>
      warn(env, container, "restart policy could not start container", error),
    );
  }, container.restartDelay);
  container.cancelRestart = () => {
    clearTimeout(timer);
    container.cancelRestart = undefined;
  };
}

function restart(env: Env, container: Container): Promise<void> {
  return container.lock.run(async () => {
    if (container.state.status !== "restarting" || env.closing) return;
    container.facts.restartCount++;
    container.failures++;
    await startLocked(env, container);
  });
}
