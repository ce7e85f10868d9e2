import { rmSync } from "node:fs";
import { basename } from "node:path";
import { messageOf } from "../../../errors/errors.ts";
import type { ExitStatus, ProcessInfo, ProcessStatus } from "../../containerd/client.ts";
import { publishEndpoints } from "../../networks/events.ts";
import { millisBetween, NEVER, now, parseNanos } from "../../time.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish, tellUntold } from "../events.ts";
import { adoptExecs, reconcileExecs } from "../exec/adopt.ts";
import { startHealthChecks } from "../health/monitor.ts";
import { forEachImageLayer } from "../image-mounts.ts";
import { fifoFolder, fifoFolders } from "../io/fifo-folder.ts";
import { ProcessIO } from "../io/process-io.ts";
import { saveContainer } from "../record.ts";
import { containerExited } from "./exit.ts";
import { type OpenedLog, openContainerLog } from "./log.ts";
import { recordSandbox, tearDownNetwork } from "./network.ts";
import { lookForOOM } from "./oom.ts";
import { removeContainer } from "./remove.ts";
import { wantsRestart } from "./restart-policy.ts";
import { forceDelete, startContainer } from "./start.ts";

/** What is said of a container whose end nobody saw. */
const unknownExit = (): ExitStatus => ({ exitCode: 255, exitedAt: now() });

/** The end that was recorded when it began to be dealt with; undefined if there is none of this run. */
function recordedExit({ state }: Container): ExitStatus | undefined {
  const { exitCode, startedAt, finishedAt } = state;
  if (finishedAt === NEVER || parseNanos(finishedAt) < parseNanos(startedAt)) return undefined;
  return { exitCode, exitedAt: finishedAt };
}

/**
 * The daemon has started: takes over the containers that run, deals with those that have ended meanwhile. Call it
 * before requests are served; what their restart policies want is started by startPolicies() afterwards.
 */
export async function restoreContainers(env: Env): Promise<void> {
  tellUntold(env, false);
  const tasks = new Map((await env.containerd.listTasks()).map((task) => [task.id, task]));
  await Promise.all(
    env.store.all().map((container) => guarded(env, container, () => restore(env, container, tasks))),
  );
  tellUntold(env, true);
  await removeUnknown(env, tasks);
  removeStaleFifos(env);
}

/** FIFOs of containers that do not run: what is left of a start that the earlier daemon did not live to end. */
function removeStaleFifos(env: Env): void {
  for (const folder of fifoFolders(env))
    if (!env.store.get(basename(folder))?.state.hasTask) rmSync(folder, { recursive: true, force: true });
}

/** Whether a task has begun, and not ended. */
export const isAlive = (status: ProcessStatus): boolean => status !== "stopped" && status !== "created";

async function guarded(env: Env, container: Container, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    env.log.error("container could not be restored", { container: container.id, error: messageOf(error) });
  }
}

async function restore(env: Env, container: Container, tasks: Map<string, ProcessInfo>): Promise<void> {
  const { state, id } = container;
  for (const point of Object.values(container.facts.mountPoints)) {
    if (point.Type === "volume") env.volumes.reference(point.Name, id);
  }
  const task = tasks.get(id);
  if (task && isAlive(task.status)) {
    await adopt(env, container, task);
    await adoptExecs(env, container);
    await lookForOOM(env, container);
    return;
  }
  // Died while it was being started: the task waits for a start that nobody will give.
  if (task?.status === "created") {
    env.events.journal?.noteStarting(id, false);
    await forceDelete(env, id);
  }
  if (state.hasTask) {
    await adoptExecs(env, container);
    await lookForOOM(env, container);
    await adoptEnded(env, container, task);
  } else if (task && isUnrecorded(env, container, task)) {
    beginUnrecorded(env, container, task.exitedAt);
    publish(env, container, "start");
    await adoptEnded(env, container, task);
  } else if (task) {
    await forceDelete(env, id);
    await env.containerd.deleteContainer(id);
  }
  // Of a run that was over before it could be taken over.
  if (!state.hasTask && env.network.get(id))
    publishEndpoints(env.events, "disconnect", id, await tearDownNetwork(env, container));
  // The policy decides anew.
  if (state.status === "restarting") state.move("exited");
}

/** Mounts that the earlier daemon made are counted again, so that the end of the run can take them away. */
async function recount(env: Env, container: Container): Promise<void> {
  await env.images.layers.getRWLayer(container.id).mount();
  await forEachImageLayer(env, container, (layer) => layer.mount());
  for (const point of Object.values(container.facts.mountPoints)) {
    if (point.Type === "volume") await env.volumes.mount(point.Name, container.id);
  }
}

/** Whether a task that has ended is of a run that the earlier daemon did not live to record; else it is of the last one. */
const isUnrecorded = (env: Env, { id, state }: Container, { status, exitedAt }: ProcessInfo): boolean =>
  status === "stopped" &&
  state.status !== "dead" &&
  exitedAt !== state.finishedAt &&
  env.events.journal?.known.get(id)?.starting === true;

function beginUnrecorded(env: Env, container: Container, startedAt: string): void {
  container.state.move("running");
  container.state.startedAt = startedAt;
  container.facts.startedBefore = true;
  const sandbox = env.network.get(container.id);
  if (sandbox) recordSandbox(container, sandbox);
}

async function adopt(env: Env, container: Container, task: ProcessInfo): Promise<void> {
  const { state } = container;
  await recount(env, container);
  await reopenOutput(env, container);
  const wanted = task.status === "paused" || task.status === "pausing" ? "paused" : "running";
  if (!state.hasTask) beginUnrecorded(env, container, now());
  if (state.status !== wanted) state.move(wanted);
  state.pid = task.pid;
  saveContainer(container);
  startHealthChecks(env, container);
  env.log.info("adopted running container", { container: container.id, pid: task.pid });
}

async function reopenOutput(env: Env, container: Container): Promise<void> {
  const { config } = container;
  const wanted = { stdin: config.OpenStdin === true, terminal: config.Tty === true };
  let opened: OpenedLog | undefined;
  try {
    opened = await openContainerLog(env, container, "go on");
    const io = ProcessIO.reopen(fifoFolder(env, container), "init", wanted, opened.sink);
    container.run = { io, log: opened.log };
  } catch (error) {
    opened?.log.close();
    opened?.sink.spool?.close();
    env.log.warn("output of an adopted container cannot be read", {
      container: container.id,
      error: messageOf(error),
    });
  }
}

/** It ended while nobody looked: what it had printed before is still in its FIFOs. */
async function adoptEnded(env: Env, container: Container, task: ProcessInfo | undefined): Promise<void> {
  try {
    await recount(env, container);
  } catch (error) {
    // One that was to be removed at its end may have lost its layer already.
    env.log.debug("mounts of a container that has ended", {
      container: container.id,
      error: messageOf(error),
    });
  }
  await reopenOutput(env, container);
  const exit = task?.status === "stopped" ? task : (recordedExit(container) ?? unknownExit());
  env.log.info("container ended while the daemon was away", {
    container: container.id,
    exitCode: exit.exitCode,
  });
  await containerExited(env, container, 0, { exitCode: exit.exitCode, exitedAt: exit.exitedAt });
}

/**
 * Tasks in our namespace that belong to no running container of ours are what is left of removed ones, and of starts
 * that failed because containerd went away in the middle.
 */
async function removeUnknown(env: Env, tasks: Map<string, ProcessInfo>): Promise<void> {
  const ids = new Set([...tasks.keys(), ...(await env.containerd.listContainers())]);
  await Promise.all([...ids].map((id) => removeUnlessRunning(env, id)));
}

async function removeUnlessRunning(env: Env, id: string): Promise<void> {
  const container = env.store.get(id);
  const remove = async () => {
    if (container?.state.hasTask) return;
    env.log.info("removing what is left of a container in containerd", { container: id });
    try {
      await forceDelete(env, id);
      await env.containerd.deleteContainer(id);
    } catch (error) {
      env.log.warn("what is left of a container could not be removed", {
        container: id,
        error: messageOf(error),
      });
    }
  };
  // A start under way holds the lock: only when it has ended can it be told whether the task is its own.
  await (container ? container.lock.run(remove) : remove());
}

/** Starts what restart policies want running, and removes --rm containers that have ended. */
export async function startPolicies(env: Env): Promise<void> {
  for (const container of env.store.all()) {
    const { state, facts, hostConfig } = container;
    if (state.isRunning) continue;
    if (hostConfig.AutoRemove && facts.startedBefore) {
      await guarded(env, container, () => removeContainer(env, container, { volumes: true }));
      continue;
    }
    const again =
      facts.startedBefore &&
      wantsRestart(hostConfig.RestartPolicy, {
        exitCode: state.exitCode,
        millis: millisBetween(state.startedAt, state.finishedAt),
        // "always" means that it is started with the daemon even if somebody had stopped it.
        stopped: facts.manuallyStopped && hostConfig.RestartPolicy?.Name !== "always",
        restarts: facts.restartCount,
      });
    if (again) await guarded(env, container, () => startContainer(env, container));
  }
}

/** A subscription to containerd's events has begun: looks for ends that were missed, and for left-overs. */
export async function reconcile(env: Env): Promise<void> {
  const running = env.store.all().filter(({ state }) => state.hasTask);
  const tasks = new Map((await env.containerd.listTasks()).map((task) => [task.id, task]));
  for (const container of running) {
    const { pid } = container.state;
    const task = tasks.get(container.id);
    await lookForOOM(env, container);
    if (task && task.status !== "stopped") {
      await reconcileExecs(env, container);
      continue;
    }
    // Not in the list: it may have been started after the list was made, or its shim has died.
    const again = task ?? (await env.containerd.process(container.id));
    if (again && again.status !== "stopped") continue;
    const exit = again ?? recordedExit(container) ?? unknownExit();
    await containerExited(env, container, again ? pid : 0, {
      exitCode: exit.exitCode,
      exitedAt: exit.exitedAt,
    });
  }
  await removeUnknown(env, tasks);
}
