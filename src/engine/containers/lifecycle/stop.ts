import { EngineError, kindOf, messageOf, notModified } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { parseSignal } from "../signals.ts";
import { abandonRestart, exitWithin, killAndWait, signalTask, stopSignalOf } from "./kill.ts";
import { startContainer } from "./start.ts";

const DEFAULT_TIMEOUT_S = 10;

export interface StopOptions {
  /** Instead of the container's own stop signal. */
  signal?: string;
  /** Seconds before it is killed; -1 never. */
  timeout?: number;
}

/** `docker stop`. Errors: notModified if it does not run. */
export async function stopContainer(env: Env, container: Container, options: StopOptions): Promise<void> {
  if (!container.state.isRunning) throw notModified(`container ${container.id} is already stopped`);
  container.facts.manuallyStopped = true;
  await stopRunning(env, container, options);
}

/** Stops a container if it runs; what its restart policy does then is the caller's to have settled. */
export async function stopRunning(env: Env, container: Container, options: StopOptions): Promise<void> {
  const signal = options.signal ? parseSignal(options.signal) : stopSignalOf(container);
  const timeout = options.timeout ?? container.config.StopTimeout ?? DEFAULT_TIMEOUT_S;
  if (await abandonRestart(container)) return;
  const { exit, stop } = exitWithin(container, timeout * 1000);
  try {
    await signalTask(env, container, signal);
    const gone = !container.state.hasTask || (await exit);
    if (!gone) await killAndWait(env, container);
  } finally {
    stop();
  }
  publish(env, container, "stop");
}

/**
 * `docker restart`: stop if it runs, then start; --rm does not act in between. Errors: those of both, which name the
 * container as `reference` does.
 */
export async function restartContainer(
  env: Env,
  container: Container,
  options: StopOptions,
  reference: string,
): Promise<void> {
  container.restarting = true;
  try {
    if (container.state.isRunning) await stopRunning(env, container, options);
    await startContainer(env, container);
  } catch (cause) {
    const message = `Cannot restart container ${reference}: ${messageOf(cause)}`;
    throw new EngineError(kindOf(cause), message, { cause });
  } finally {
    container.restarting = false;
  }
  publish(env, container, "restart");
}
