import { randomBytes } from "node:crypto";
import { messageOf } from "../../../errors/errors.ts";
import { now } from "../../time.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { Exec, toldCommand } from "../exec/exec.ts";
import { claimStart, startExec } from "../exec/start.ts";
import type { HealthResult } from "../state/health.ts";
import type { HealthCheck } from "./check.ts";

/** What is kept of a check's output, bytes. */
const LONGEST_OUTPUT = 4096;
const SIGKILL = 9;

/** Runs the check once. Never throws: what goes wrong is a failed check. */
export async function probe(env: Env, container: Container, check: HealthCheck): Promise<HealthResult> {
  const Start = now();
  try {
    const { code, output } = await runCheck(env, container, check);
    return { Start, End: now(), ExitCode: code, Output: output };
  } catch (error) {
    return { Start, End: now(), ExitCode: -1, Output: messageOf(error) };
  }
}

async function runCheck(
  env: Env,
  container: Container,
  check: HealthCheck,
): Promise<{ code: number; output: string }> {
  const exec = new Exec(randomBytes(32).toString("hex"), container, {
    Cmd: check.command,
    AttachStdout: true,
    AttachStderr: true,
  });
  env.execs.add(exec);
  publish(env, container, `exec_create: ${toldCommand(check.command)}`, { execID: exec.id });
  const output = collectOutput(exec);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), check.timeout);
  const exit = exec.waiters.exit(late.signal);
  // It may be given up while the start is still being waited for.
  exit.catch(() => {});
  try {
    claimStart(exec);
    await startExec(env, exec, false);
    const { exitCode } = await exit;
    return { code: exitCode, output: output() };
  } catch (error) {
    if (!late.signal.aborted) throw error;
    await env.containerd.kill(container.id, SIGKILL, { execID: exec.id }).catch(() => {});
    return { code: -1, output: `Health check exceeded timeout (${check.timeout / 1000}s)` };
  } finally {
    clearTimeout(timer);
    late.abort();
  }
}

function collectOutput(exec: Exec): () => string {
  const chunks: Uint8Array[] = [];
  let length = 0;
  exec.hub.attach({
    write(_stream, chunk) {
      if (length > LONGEST_OUTPUT) return;
      chunks.push(chunk.slice(0, LONGEST_OUTPUT + 1 - length));
      length += chunk.length;
    },
    end() {},
  });
  return () => {
    const text = Buffer.concat(chunks);
    return text.length > LONGEST_OUTPUT ? `${text.toString("utf8", 0, LONGEST_OUTPUT)}...` : text.toString();
  };
}
