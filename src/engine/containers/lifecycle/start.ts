import { rmSync } from "node:fs";
import {
  conflict,
  type EngineError,
  kindOf,
  messageOf,
  notImplemented,
  notModified,
  systemError,
} from "../../../errors/errors.ts";
import type { RuntimeChoice } from "../../containerd/client.ts";
import { publishEndpoints } from "../../networks/events.ts";
import { now } from "../../time.ts";
import { checkpointFolder } from "../checkpoints/checkpoints.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { startHealthChecks } from "../health/monitor.ts";
import { fifoFolder } from "../io/fifo-folder.ts";
import { ProcessIO } from "../io/process-io.ts";
import { saveContainer } from "../record.ts";
import { removeLocked } from "./destroy.ts";
import { openContainerLog } from "./log.ts";
import { engineMounts, shmMount, userMounts } from "./mounts.ts";
import { ownsUserAndNetwork } from "./namespaces.ts";
import { awaitNetwork, joinNetworks, setUpNetwork, tearDownNetwork } from "./network.ts";
import { Rollback } from "./rollback.ts";
import { specOf } from "./spec.ts";
import { type StartFailure, startFailure } from "./start-error.ts";

/** A checkpoint of the container to go on from. */
export interface StartFrom {
  id: string;
  /** "" for the container's own folder. */
  folder: string;
}

/** Errors: notModified, conflict; what the runtime refuses (invalidArgument or system). */
export function startContainer(env: Env, container: Container, from?: StartFrom): Promise<void> {
  return container.lock.run(async () => {
    checkStartable(container);
    container.cancelRestart?.();
    container.restartDelay = 0;
    container.failures = 0;
    container.facts.manuallyStopped = false;
    await startLocked(env, container, from);
  });
}

function checkStartable({ state, id }: Container): void {
  switch (state.status) {
    case "paused":
      throw conflict("cannot start a paused container, try unpause instead");
    case "running":
      throw notModified(`container ${id} is already running`);
    case "removing":
    case "dead":
      throw conflict("container is marked for removal and cannot be started");
    default:
  }
}

/** Starts a container whose lock is held; on failure all is as before, and the state says why. */
export async function startLocked(env: Env, container: Container, from?: StartFrom): Promise<void> {
  const rollback = new Rollback();
  try {
    // Looked for first: without it nothing need be made.
    const checkpoint = from && checkpointFolder(container, from.folder, from.id);
    await run(env, container, rollback, checkpoint);
  } catch (cause) {
    const failure = failureOf(cause);
    await rollback.run((error) =>
      env.log.warn("cleaning up after a failed start", logFields(container, error)),
    );
    await recordFailure(env, container, failure);
    throw failure.error;
  }
}

const logFields = (container: Container, error: unknown) => ({
  container: container.id,
  error: messageOf(error),
});

/** Carries the meaning that the runtime's answer has to the place that records it. */
class RuntimeFailure extends Error {
  readonly failure: StartFailure;
  constructor(failure: StartFailure) {
    super(failure.error.message, { cause: failure.error });
    this.failure = failure;
  }
}

function failureOf(cause: unknown): StartFailure {
  if (cause instanceof RuntimeFailure) return cause.failure;
  const error =
    kindOf(cause) === "system" ? systemError(messageOf(cause), { cause }) : (cause as EngineError);
  return { exitCode: 128, error };
}

async function recordFailure(env: Env, container: Container, failure: StartFailure): Promise<void> {
  const { state } = container;
  state.exitCode = failure.exitCode;
  state.error = failure.error.message;
  state.pid = 0;
  const wasRestarting = state.status === "restarting";
  if (wasRestarting) state.move("exited");
  saveContainer(container);
  container.hub.end();
  // Who waits for the next exit goes on waiting, as with stock: a run that did not begin has no end.
  if (wasRestarting) container.waiters.exited({ exitCode: failure.exitCode, error: state.error });
  if (container.hostConfig.AutoRemove) await removeLocked(env, container, { volumes: true });
}

async function run(
  env: Env,
  container: Container,
  rollback: Rollback,
  checkpoint: string | undefined,
): Promise<void> {
  const runtime = env.runtimes[container.hostConfig.Runtime || env.config.defaultRuntime];
  if (!runtime) throw systemError(`unknown or invalid runtime name: ${container.hostConfig.Runtime}`);
  const late = ownsUserAndNetwork(env, container);
  if (late && checkpoint !== undefined)
    throw notImplemented(
      `container ${container.id} has a user namespace: restoring it from a checkpoint is not implemented: use --userns=host`,
    );
  const [rootfs, network] = await bothReady(
    mountRootfs(env, container, rollback),
    late ? awaitNetwork(env, container) : withUndo(env, container, rollback, setUpNetwork(env, container)),
  );
  const init = container.hostConfig.Init ?? env.config.init;
  const mounts = [
    ...(await userMounts(env, container, rollback)),
    ...engineMounts(env, container, network.files, init),
  ];
  const shm = shmMount(env, container, rollback);
  const spec = specOf(env, container, { rootfs, netns: network.netns, mounts, shm, init });
  await startTask(env, container, { runtime, spec, checkpoint }, rollback, async (pid) => {
    if (late) await withUndo(env, container, rollback, joinNetworks(env, container, pid));
  });
}

/** Whatever is set up of the network goes again if the start fails. */
async function withUndo<T>(
  env: Env,
  container: Container,
  rollback: Rollback,
  setUp: Promise<T>,
): Promise<T> {
  const result = await setUp;
  rollback.add(async () => {
    publishEndpoints(env.events, "disconnect", container.id, await tearDownNetwork(env, container));
  });
  return result;
}

/** Like Promise.all, but waits for both even if one fails, so that the rollback knows of all that was made. */
async function bothReady<A, B>(a: Promise<A>, b: Promise<B> | B): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return Promise.all([a, b]);
}

async function mountRootfs(env: Env, container: Container, rollback: Rollback): Promise<string> {
  const layer = env.images.layers.getRWLayer(container.id);
  const path = await layer.mount();
  rollback.add(() => layer.unmount());
  return path;
}

async function startTask(
  env: Env,
  container: Container,
  { runtime, spec, checkpoint }: { runtime: RuntimeChoice; spec: object; checkpoint: string | undefined },
  rollback: Rollback,
  whenCreated: (pid: number) => Promise<void>,
): Promise<void> {
  const { id, config, state } = container;
  const opened = await openContainerLog(env, container, "begin").catch((cause) => {
    throw systemError(
      `failed to create task for container: failed to initialize logging driver: ${messageOf(cause)}`,
      { cause },
    );
  });
  rollback.add(() => {
    opened.log.close();
    opened.sink.spool?.close();
  });
  const folder = fifoFolder(env, container);
  const wanted = { stdin: config.OpenStdin === true, terminal: config.Tty === true };
  const io = ProcessIO.create(folder, "init", wanted, opened.sink);
  rollback.add(async () => {
    io.abandon();
    await io.finish();
    rmSync(folder, { recursive: true, force: true });
    container.run = undefined;
  });
  await createInContainerd(env, { id, spec, runtime, labels: {} });
  // The task first: without its container, nobody would know whose it is.
  rollback.add(async () => {
    await forceDelete(env, id);
    await env.containerd.deleteContainer(id);
  });
  const context = "failed to create task for container";
  const from = checkpoint === undefined ? {} : { checkpoint };
  const created = await asFailure(context, env.containerd.createTask({ id, runtime, ...io.paths, ...from }));
  io.begin();
  await whenCreated(created);
  io.stdin?.started();
  container.run = { io, log: opened.log };
  const startedAt = now();
  env.events.journal?.noteStarting(id, true);
  // Before the task is taken away, for whoever finds it ended.
  rollback.add(() => env.events.journal?.noteStarting(id, false));
  const pid = await asFailure("failed to start task for container", env.containerd.start(id));
  state.move("running");
  Object.assign(state, { pid, startedAt, exitCode: 0, error: "", oomKilled: false });
  container.facts.startedBefore = true;
  startHealthChecks(env, container);
  saveContainer(container);
  publish(env, container, "start");
}

async function asFailure<T>(context: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new RuntimeFailure(startFailure(error, context));
  }
}

type NewContainer = Parameters<Env["containerd"]["createContainer"]>[0];

/** A container of this id that an earlier life left in containerd is removed first. */
async function createInContainerd(env: Env, request: NewContainer): Promise<void> {
  try {
    await env.containerd.createContainer(request);
  } catch (error) {
    if (kindOf(error) !== "exists") throw error;
    await forceDelete(env, request.id);
    await env.containerd.deleteContainer(request.id);
    await env.containerd.createContainer(request);
  }
}

const SIGKILL = 9;

/** Ends and removes a task in whatever state it is. */
export async function forceDelete(env: Env, id: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    await env.containerd.kill(id, SIGKILL, { all: true }).catch(() => {});
    try {
      await env.containerd.deleteTask(id);
      return;
    } catch (error) {
      if (kindOf(error) === "notFound") return;
      if (kindOf(error) === "unavailable") throw error;
    }
    await Bun.sleep(20);
  }
  throw systemError(`task of container ${id} cannot be removed from containerd`);
}
