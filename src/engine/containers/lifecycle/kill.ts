import { conflict, messageOf, systemError } from "../../../errors/errors.ts";
import type { ProcessInfo } from "../../containerd/client.ts";
import { now } from "../../time.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { saveContainer } from "../record.ts";
import { parseSignal } from "../signals.ts";
import { containerExited } from "./exit.ts";

const SIGKILL = 9;
const SIGTERM = 15;
/** How long a killed process may take to be gone before something is wrong, ms. */
const KILL_PATIENCE_MS = 10_000;

/** `docker kill`. Errors: conflict if it does not run, invalidArgument for an unknown signal. */
export async function killContainer(env: Env, container: Container, signal: string): Promise<void> {
  const number = signal === "" ? SIGKILL : parseSignal(signal);
  if (number === SIGKILL && (await abandonRestart(container))) return;
  // A start under way comes first: its process may be heard of before its container counts as running.
  if (!container.state.hasTask) await container.lock.run(async () => {});
  if (!container.state.hasTask) {
    throw conflict(`cannot kill container: ${container.name}: container ${container.id} is not running`);
  }
  if (number === SIGKILL) {
    container.facts.manuallyStopped = true;
    await killAndWait(env, container);
    return;
  }
  if (number === stopSignalOf(container)) container.facts.manuallyStopped = true;
  await signalTask(env, container, number);
}

/** The signal that asks a container to end: its own, or SIGTERM. */
export function stopSignalOf(container: Container): number {
  const text = container.config.StopSignal ?? "";
  return text === "" ? SIGTERM : parseSignal(text);
}

/** Sends a signal to the init process, and tells of it. A process that has gone already is no error. */
export async function signalTask(env: Env, container: Container, signal: number): Promise<void> {
  const { state, id } = container;
  const { pid } = state;
  const paused = state.status === "paused";
  try {
    await env.containerd.kill(id, signal);
  } catch (error) {
    // Whatever the words: a process that has gone has had all that a signal could do.
    const { task, gone } = await lookAt(env, id);
    if (!gone) throw systemError(`cannot kill container: ${id}: ${messageOf(error)}`, { cause: error });
    await containerExited(env, container, pid, task ?? { exitCode: 137, exitedAt: now() });
    return;
  }
  publish(env, container, "kill", { signal: String(signal) });
  // A frozen process gets the signal once it thaws.
  if (paused && state.status === "paused") await thaw(env, container);
}

/** The runtime may have thawed it already, to kill it, or it has ended meanwhile. */
async function thaw(env: Env, { id, state }: Container): Promise<void> {
  try {
    await env.containerd.resume(id);
  } catch (error) {
    const { task, gone } = await lookAt(env, id);
    if (!gone && task?.status === "paused") throw error;
  }
  if (state.status === "paused") state.move("running");
}

/** What containerd knows of the task. Errors: unavailable. */
async function lookAt(env: Env, id: string): Promise<{ task: ProcessInfo | undefined; gone: boolean }> {
  const task = await env.containerd.process(id);
  return { task, gone: !task || task.status === "stopped" };
}

/** Ends a container for certain, and waits until it has been dealt with. */
export async function killAndWait(env: Env, container: Container): Promise<void> {
  if (await abandonRestart(container)) return;
  const { exit, stop } = exitWithin(container, KILL_PATIENCE_MS);
  try {
    await signalTask(env, container, SIGKILL);
    if (!container.state.hasTask) return;
    if (!(await exit)) {
      throw systemError(
        `container ${container.id} did not end within ${KILL_PATIENCE_MS / 1000} s of being killed`,
      );
    }
  } finally {
    stop();
  }
}

/** Resolves to true when the run ends, to false when the time (ms; negative: for ever) is over. */
export function exitWithin(container: Container, millis: number): { exit: Promise<boolean>; stop(): void } {
  const controller = new AbortController();
  const timer = millis < 0 ? undefined : setTimeout(() => controller.abort(), millis);
  const exit = container.waiters.exit(controller.signal).then(
    () => true,
    () => false,
  );
  const stop = () => {
    clearTimeout(timer);
    controller.abort();
  };
  return { exit, stop };
}

/**
 * Ends the waiting of the restart policy: the container is as it exited last. False if it does not wait, or has been
 * started just now, and so has to be stopped like any other.
 */
export async function abandonRestart(container: Container): Promise<boolean> {
  const { state, facts, lock } = container;
  if (state.status !== "restarting") return false;
  facts.manuallyStopped = true;
  return lock.run(async () => {
    if (state.status !== "restarting") return !state.hasTask;
    container.cancelRestart?.();
    state.move("exited");
    saveContainer(container);
    container.waiters.exited({ exitCode: state.exitCode });
    return true;
  });
}
