/** Exec processes over the death of the daemon: their ends are told, though nobody is attached any more. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { fifoFolder } from "../io/fifo-folder.ts";
import { ProcessIO } from "../io/process-io.ts";
import { Exec } from "./exec.ts";
import { endExec, execExited } from "./exit.ts";

/** What is said of an exec process whose end nobody saw, as of such a container. */
const UNKNOWN = 255;
/** Of one that was never started. */
const NOT_STARTED = 126;

/** Takes over the exec processes of a container that were said to start, and not to end. */
export async function adoptExecs(env: Env, container: Container): Promise<void> {
  const open = Object.entries(env.events.journal?.known.get(container.id)?.execs ?? {});
  await Promise.all(open.map(([id, exitCode]) => adopt(env, container, id, exitCode)));
}

async function adopt(env: Env, container: Container, id: string, exitCode: number | null): Promise<void> {
  const exec = new Exec(id, container, {});
  exec.claimed = true;
  exec.status = "running";
  env.execs.add(exec);
  const process = await env.containerd.process(container.id, id);
  reopenStreams(env, exec);
  if (exitCode === null && process?.status === "running") {
    exec.pid = process.pid;
    // Who could have written to it was attached to the daemon that is dead.
    await env.containerd.closeStdin(container.id, id).catch(() => {});
    return;
  }
  const known = process?.status === "stopped" ? process.exitCode : undefined;
  exec.exitCode = exitCode ?? known ?? (process?.status === "created" ? NOT_STARTED : UNKNOWN);
  // Once it is deleted, nobody knows it any more.
  if (exitCode === null) env.events.journal?.noteExecExit(container.id, id, exec.exitCode);
  await endExec(env, exec);
}

/** So that it does not wait for somebody to read what it prints. */
function reopenStreams(env: Env, exec: Exec): void {
  const folder = fifoFolder(env, exec.container);
  const isThere = (stream: string) => existsSync(join(folder, `${exec.id}-${stream}`));
  const [stdout, stderr] = [isThere("stdout"), isThere("stderr")];
  try {
    // Opening it would keep it from ending.
    rmSync(join(folder, `${exec.id}-stdin`), { force: true });
    exec.io = ProcessIO.reopen(
      folder,
      exec.id,
      { stdin: false, stdout, stderr, terminal: false },
      { write: (stream, chunk) => exec.hub.write(stream, chunk) },
    );
  } catch (error) {
    env.log.warn("output of an adopted exec cannot be read", { exec: exec.id, error: messageOf(error) });
  }
}

/** A subscription to containerd's events has begun: looks for ends of exec processes that were missed. */
export async function reconcileExecs(env: Env, container: Container): Promise<void> {
  for (const exec of env.execs.of(container)) {
    if (exec.status !== "running") continue;
    const process = await env.containerd.process(container.id, exec.id);
    if (process && process.status !== "stopped") continue;
    await execExited(env, container, exec.id, { exitCode: process?.exitCode ?? UNKNOWN });
  }
}
