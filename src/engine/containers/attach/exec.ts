import { messageOf } from "../../../errors/errors.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import type { Exec } from "../exec/exec.ts";
import { startExec } from "../exec/start.ts";
import { parseDetachKeys } from "../io/detach-keys.ts";
import { frame } from "../io/frames.ts";
import { attach, type Connection, send } from "./pump.ts";

/** Starts a claimed exec with the client attached, and serves it to its end. A failed start is told in the stream. */
export async function attachExec(env: Env, exec: Exec, connection: Connection): Promise<void> {
  const { config } = exec;
  const started = Promise.withResolvers<void>();
  const target = {
    stdin: async () => {
      await started.promise;
      return exec.io?.stdin;
    },
    ended: async () => {
      await exec.io?.stdin?.close();
      await env.containerd.closeStdin(exec.container.id, exec.id).catch(() => {});
    },
  };
  const terminal = config.Tty === true;
  const { done } = attach(connection, exec.hub, target, {
    stdin: config.AttachStdin === true,
    stdout: config.AttachStdout === true,
    stderr: config.AttachStderr === true,
    terminal,
    detachKeys: terminal ? parseDetachKeys(config.DetachKeys ?? "") : undefined,
  });
  try {
    await startExec(env, exec, config.AttachStdin === true, (text) =>
      send(connection.socket, terminal ? text : frame("stdout", text)),
    );
  } catch (error) {
    env.log.debug("exec could not be started", { exec: exec.id, error: messageOf(error) });
  } finally {
    started.resolve();
  }
  if ((await done) === "detached") publish(env, exec.container, "exec_detach", { execID: exec.id });
}
