import { isNotFound, messageOf } from "../../../errors/errors.ts";
import type { ExitStatus } from "../../containerd/client.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import type { Exec } from "./exec.ts";

/** Processes left in the background may hold an exec's output open: it is not waited for longer than this, ms. */
const PATIENCE_MS = 2000;

/** An exec process has ended: all its output goes to those attached before they learn the exit code. */
export async function execExited(
  env: Env,
  container: Container,
  execID: string,
  exit: Pick<ExitStatus, "exitCode">,
): Promise<void> {
  const exec = env.execs.get(execID);
  if (!exec || exec.status === "exited") return;
  if (exec.exitCode !== undefined) return;
  exec.exitCode = exit.exitCode;
  // Once it is deleted, nobody knows it any more.
  env.events.journal?.noteExecExit(container.id, exec.id, exit.exitCode);
  await endExec(env, exec);
}

/** Tells the end of an exec process, once. */
export function publishExecDie(env: Env, exec: Exec): void {
  if (exec.told) return;
  exec.told = true;
  publish(env, exec.container, "exec_die", { execID: exec.id, exitCode: String(exec.exitCode ?? 0) });
}

/** Lets go of an exec process whose exit code is known, and tells of it. */
export function endExec(env: Env, exec: Exec): Promise<void> {
  exec.ending ??= release(env, exec);
  return exec.ending;
}

async function release(env: Env, exec: Exec): Promise<void> {
  const removed = env.containerd.deleteProcess(exec.container.id, exec.id).catch((error) => {
    if (!isNotFound(error)) {
      env.log.warn("exec could not be removed from containerd", { exec: exec.id, error: messageOf(error) });
    }
  });
  await Promise.race([removed, Bun.sleep(PATIENCE_MS)]);
  await exec.io?.finish(PATIENCE_MS).catch((error) => {
    env.log.warn("output of an exec could not be read to its end", {
      exec: exec.id,
      error: messageOf(error),
    });
  });
  exec.io = undefined;
  exec.status = "exited";
  env.execs.ended(exec);
  exec.hub.end();
  exec.waiters.exited({ exitCode: exec.exitCode ?? 0 });
  publishExecDie(env, exec);
}

/** As of a process killed by SIGKILL. */
const KILLED = 137;

/** The container has ended, and with it all that ran in it. */
export async function endExecs(env: Env, container: Container): Promise<void> {
  for (const exec of env.execs.of(container)) {
    exec.exitCode ??= KILLED;
    // One that is being started finds out by itself.
    if (exec.status === "created")
      await Promise.race([exec.starting?.catch(() => {}), Bun.sleep(PATIENCE_MS)]);
    if (exec.status === "running") await endExec(env, exec);
    else env.execs.ended(exec);
  }
}
